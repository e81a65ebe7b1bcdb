import { isObject, type JsonObject, type LazyPayload } from './payload.ts'
import type { Rejection } from './reject.ts'

/** What Debezium sends in place of a large column that did not change, unless configured otherwise. */
export const unavailableValue = '__debezium_unavailable_value'

/** The same for columns of bytes. */
const unavailableBytes = Buffer.from(unavailableValue).toString('base64')

export const changeOps = ['c', 'u', 'd', 'r'] as const

/** Created, updated, deleted, or read by a snapshot. */
export type ChangeOp = (typeof changeOps)[number]

/** A change of a row. */
export interface RowChange {
  readonly ok: true
  readonly op: ChangeOp
  /** The row before; `null` when the connector does not send it. */
  readonly before: JsonObject | null
  /** The row after; `null` exactly for `d`. */
  readonly after: JsonObject | null
  readonly source: JsonObject
  /** The source database's log position (`source.lsn`), where it has one: higher is later. */
  readonly lsn?: bigint
  /** Columns of `after` that hold the placeholder of a value that did not change: keep the row's old value. */
  readonly unavailable: readonly string[]
}

export type DataChange = RowChange | ({ readonly ok: false } & Rejection)

/** Debezium's envelope, taken out of the schema envelope when the producer's converter writes schemas. */
export function unwrapEnvelope(payload: JsonObject): JsonObject {
  return payload.op === undefined && isObject(payload.payload) && 'schema' in payload ? payload.payload : payload
}

/** A number, its digits as text, or PostgreSQL's `16/B374D848`. Numbers beyond 2^53 have lost their last bits in JSON. */
export function parseLsn(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (/^\d{1,20}$/.test(value)) return BigInt(value)
  const halves = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(value)
  return halves === null ? undefined : (BigInt(`0x${halves[1]}`) << 32n) | BigInt(`0x${halves[2]}`)
}

function isUnavailable(value: unknown): boolean {
  if (typeof value === 'string') return value === unavailableValue || value === unavailableBytes
  if (Array.isArray(value)) return value.length === 1 && value[0] === unavailableValue
  return isObject(value) && Object.keys(value).length === 1 && value[unavailableValue] === unavailableValue
}

/** `null` for a row that is not there, `undefined` for what is no row. */
function rowOf(value: unknown): JsonObject | null | undefined {
  if (value === null || value === undefined) return null
  return isObject(value) ? value : undefined
}

const invalid = (detail: string): DataChange => ({ ok: false, reason: 'invalid-change', detail })

/** Reads the change in Debezium's envelope `{op, before, after, source}`. */
export function changeOf(payload: JsonObject): DataChange {
  const envelope = unwrapEnvelope(payload)
  const op = changeOps.find((candidate) => candidate === envelope.op)
  if (op === undefined) return invalid('op is none of c, u, d and r')
  const before = rowOf(envelope.before)
  if (before === undefined) return invalid('before is neither an object nor null')
  const after = rowOf(envelope.after)
  if (after === undefined) return invalid('after is neither an object nor null')
  if (op !== 'd' && after === null) return invalid(`op is ${op}, but there is no row after it`)
  const source = isObject(envelope.source) ? envelope.source : {}
  const lsn = parseLsn(source.lsn)
  const unavailable = after === null ? [] : Object.keys(after).filter((column) => isUnavailable(after[column]))
  return {
    ok: true,
    op,
    before,
    after: op === 'd' ? null : after,
    source,
    unavailable,
    ...(lsn === undefined ? {} : { lsn }),
  }
}

/** Reads the change in a data record's payload, or says why there is none. */
export function readDataChange(payload: LazyPayload): DataChange {
  const result = payload.read()
  return result.ok ? changeOf(result.value) : result
}
