import type { OracleGeo } from './geo.ts'
import { isObject } from './records.ts'

export type OracleFieldType = 'string' | 'double' | 'geo'
export type OracleFieldTypes = Readonly<Record<string, OracleFieldType>>

/** Reading a field that is not there: makes a condition not matched. */
export class AbsentField extends Error {}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && !(Number.isInteger(value) && Math.abs(value) > 2 ** 53)

const isDegrees = (value: unknown, most: number): boolean => isNumber(value) && Math.abs(value) <= most

const fits = (value: unknown, type: OracleFieldType): boolean => {
  if (type === 'string') return typeof value === 'string'
  if (type === 'double') return isNumber(value)
  return isObject(value) && isDegrees(value.lat, 90) && isDegrees(value.lon, 180)
}

/** The declared fields of one event or row; missing and null ones are absent. */
export class OracleFields {
  readonly #values = new Map<string, unknown>()
  /** Names of fields whose values are of another type than declared; they are absent. */
  readonly misfits: string[] = []

  constructor(types: OracleFieldTypes, payload: Readonly<Record<string, unknown>>) {
    for (const [name, type] of Object.entries(types)) {
      const value = payload[name]
      if (value === undefined || value === null) continue
      if (fits(value, type)) this.#values.set(name, value)
      else this.misfits.push(name)
    }
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  string(name: string): string {
    return this.#read(name) as string
  }

  number(name: string): number {
    return this.#read(name) as number
  }

  geo(name: string): OracleGeo {
    return this.#read(name) as OracleGeo
  }

  #read(name: string): unknown {
    if (!this.#values.has(name)) throw new AbsentField(name)
    return this.#values.get(name)
  }
}

/** A condition: false when it reads an absent field. */
export function holds(condition: () => boolean): boolean {
  try {
    return condition()
  } catch (error) {
    if (error instanceof AbsentField) return false
    throw error
  }
}

/** A value in a reason: at most two decimals, half away from zero, no trailing zeros; `?` when absent. */
export function print(value: () => number | string): string {
  try {
    const read = value()
    if (typeof read === 'string') return read
    const text = read.toFixed(2).replace(/\.?0+$/, '')
    return text === '-0' ? '0' : text
  } catch (error) {
    if (error instanceof AbsentField) return '?'
    throw error
  }
}
