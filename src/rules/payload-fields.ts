import type { LazyPayload } from '../record/ingress.ts'
import { MemberScanner } from '../record/member-scanner.ts'
import type { Rejection } from '../record/reject.ts'
import { type Convert, compileFieldReader, convertOf, type FieldsRead, placeAt } from './fields.ts'
import type { FieldType } from './value-type.ts'

export type PayloadFields =
  | { readonly ok: true; readonly values: FieldsRead['values'] }
  | ({ readonly ok: false } & Rejection)

/** Reads the declared fields of an event from its payload, or says why they cannot be read. Never throws. */
export type PayloadFieldReader = (payload: LazyPayload) => PayloadFields

/**
 * Compiles the reading of an event's fields: from the bytes of its value where they are plain and fit, otherwise from the
 * object in them, which also shows what is wrong. Both give the same values.
 *
 * @param beside names that `values` may have places for, so that it need not grow for them
 */
export function compilePayloadFieldReader(
  fields: ReadonlyMap<string, FieldType>,
  beside: readonly string[] = [],
): PayloadFieldReader {
  const readObject = compileFieldReader(fields)
  const readBytes = compileBytesReader(fields, beside)
  return (payload) => {
    const values = readBytes?.(payload)
    if (values !== undefined) return { ok: true, values }
    const object = payload.read()
    if (!object.ok) return object
    const read = readObject(object.value)
    if (read.misfits.length === 0) return { ok: true, values: read.values }
    return { ok: false, reason: 'wrong-type', detail: read.misfits.map(({ message }) => message).join('; ') }
  }
}

type BytesReader = (payload: LazyPayload) => FieldsRead['values'] | undefined

/** `undefined` when there is a list: the scanner would give up at each. */
function compileBytesReader(
  fields: ReadonlyMap<string, FieldType>,
  beside: readonly string[],
): BytesReader | undefined {
  const types = [...fields.values()]
  if (types.some(({ kind }) => kind === 'list')) return undefined
  const names = [...fields.keys()]
  const converts = types.map((type) => (type.kind === 'geo' ? placeOf : convertOf(type)))
  const scanner = new MemberScanner(
    names.map((name, n) => (types[n]!.kind === 'geo' ? { name, members: ['lat', 'lon'] } : { name })),
  )
  const absent = Object.fromEntries([...names, ...beside].map((name) => [name, undefined]))
  return (payload) => {
    const view = payload.unread()
    const raws = view && scanner.scan(view)
    if (raws === undefined) return undefined
    const values: Record<string, unknown> = { ...absent }
    for (let n = 0; n < names.length; n++) {
      const raw = raws[n]
      if (raw === undefined || raw === null) continue
      const value = converts[n]!(raw)
      if (value === undefined) return undefined
      values[names[n]!] = value
    }
    return values
  }
}

const placeOf: Convert = (value) => (Array.isArray(value) ? placeAt(value[0], value[1]) : undefined)
