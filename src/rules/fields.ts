import { parseEventTime } from '../time/event-time.ts'
import { type FieldType, fieldTypeName, type Geo, type ScalarFieldType } from './value-type.ts'

/** A field whose value is not of its declared type. It never holds the value itself, which may be personal. */
export interface Misfit {
  /** `amount`, `geo.lat`, `tags[2]`. */
  readonly path: string
  /** The declared type: `double`. */
  readonly expected: string
  /** What is there instead: `a text`. */
  readonly got: string
  /** The three as a sentence. */
  readonly message: string
}

export interface FieldsRead {
  /** Every declared field, in declared order; undefined when it is absent or a misfit. */
  readonly values: Record<string, unknown>
  /** At most one a field, in declared order. */
  readonly misfits: readonly Misfit[]
}

/** Reads the declared fields of a payload or a row. Never throws. */
export type FieldReader = (payload: Readonly<Record<string, unknown>>) => FieldsRead

/** Gives the value as conditions see it, or undefined when it is of another type. It is never asked about null. */
export type Convert = (value: unknown) => unknown

const noMisfits: readonly Misfit[] = []

/**
 * Compiles the reading of typed fields (rules.md, sections 2 and 8): null or missing is absent, undeclared fields are
 * ignored, -0 is 0, a timestamp is whole epoch ms or an ISO 8601 text with an offset and is read as epoch ms. A misfit
 * is reported and absent.
 */
export function compileFieldReader(fields: ReadonlyMap<string, FieldType>): FieldReader {
  const names = [...fields.keys()]
  const converts = [...fields.values()].map(convertOf)
  // `payload.constructor` is a function when the payload has no such field.
  const inherited = names.map((name) => name in Object.prototype)
  return (payload) => {
    const values: Record<string, unknown> = {}
    let misfits: Misfit[] | undefined
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      const raw = inherited[i] && !Object.hasOwn(payload, name) ? undefined : payload[name]
      if (raw === undefined || raw === null) {
        values[name] = undefined
        continue
      }
      const value = converts[i]!(raw)
      values[name] = value
      if (value === undefined) {
        misfits ??= []
        misfits.push(misfitOf(name, fields.get(name)!, raw))
      }
    }
    return { values, misfits: misfits ?? noMisfits }
  }
}

/** Reads once; a stream compiles its reader. */
export const readFields = (
  fields: ReadonlyMap<string, FieldType>,
  payload: Readonly<Record<string, unknown>>,
): FieldsRead => compileFieldReader(fields)(payload)

const mostWhole = 2 ** 53

const scalars: Readonly<Record<ScalarFieldType, Convert>> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  double: (value) => (Number.isFinite(value) ? (value as number) + 0 : undefined),
  int: (value) =>
    Number.isInteger(value) && Math.abs(value as number) <= mostWhole ? (value as number) + 0 : undefined,
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  timestamp: parseEventTime,
  geo: geoOf,
}

export const convertOf = (field: FieldType): Convert =>
  field.kind === 'list' ? listOf(scalars[field.element ?? 'string']) : scalars[field.kind]

const listOf =
  (element: Convert): Convert =>
  (value) => {
    if (!Array.isArray(value)) return undefined
    const items: unknown[] = []
    for (const raw of value) {
      const item = raw === null ? undefined : element(raw)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

function geoOf(value: unknown): Geo | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { lat, lon } = value as { lat?: unknown; lon?: unknown }
  return placeAt(lat, lon)
}

/** The place at these coordinates, in degrees; undefined when there is none. */
export function placeAt(lat: unknown, lon: unknown): Geo | undefined {
  if (typeof lat !== 'number' || typeof lon !== 'number') return undefined
  // Written so that NaN fails.
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat: lat + 0, lon: lon + 0 } : undefined
}

function misfitOf(name: string, field: FieldType, raw: unknown): Misfit {
  const [path, scalar, value] = place(name, field, raw)
  const expected = path === name ? fieldTypeName(field) : scalar
  const got = describe(scalar, value)
  return { path, expected, got, message: `${path} should be ${expected}, found ${got}` }
}

/** Narrows a misfit down to the element or the coordinate that does not fit. */
function place(name: string, field: FieldType, raw: unknown): [path: string, expected: string, value: unknown] {
  if (field.kind === 'list') {
    const element = field.element ?? 'string'
    if (!Array.isArray(raw)) return [name, 'list', raw]
    const at = raw.findIndex((item) => item === null || scalars[element](item) === undefined)
    return place(`${name}[${at}]`, { kind: element, pii: false }, raw[at])
  }
  if (field.kind !== 'geo' || typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return [name, field.kind, raw]
  const { lat, lon } = raw as { lat?: unknown; lon?: unknown }
  const latFits = typeof lat === 'number' && Math.abs(lat) <= 90
  return latFits ? [`${name}.lon`, 'degrees', lon] : [`${name}.lat`, 'degrees', lat]
}

function describe(expected: string, value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'boolean') return 'true or false'
  if (typeof value === 'string') return expected === 'timestamp' ? 'a text that is no time with an offset' : 'a text'
  if (typeof value !== 'number') return `a ${typeof value}`
  if (!Number.isFinite(value)) return 'a number that is not finite'
  if (expected === 'degrees') return 'a number out of range'
  if (expected !== 'int' && expected !== 'timestamp') return 'a number'
  return Number.isInteger(value) ? 'a number that is too large' : 'a number that is not whole'
}
