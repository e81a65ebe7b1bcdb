import { createHash } from 'node:crypto'
import { parseEventTime } from '../../time/event-time.ts'
import { changeOf, type RowChange, unwrapEnvelope } from '../data-change.ts'
import { type Ingested, refused } from '../ingested.ts'
import { isObject, type JsonObject, JsonPayload, ReadPayload } from '../payload.ts'
import type { LogRecord } from '../record.ts'
import { mapKey } from './debezium-key.ts'

/** The primary key's columns of a table (`schema.table`); `undefined`: the column `id`. */
export type PrimaryKeyOf = (type: string) => readonly string[] | undefined

/** Changes without a row: they say nothing about a customer. */
const rowlessOps: Readonly<Record<string, string>> = {
  t: 'debezium truncate',
  m: 'debezium logical decoding message',
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** `schema.table`, or `database.table` where the database has no schemas (MySQL). */
function tableOf(source: JsonObject): string | undefined {
  const space = isName(source.schema) ? source.schema : source.db
  return isName(space) && isName(source.table) ? `${space}.${source.table}` : undefined
}

/** Where in its source the change lies: PostgreSQL's lsn, MySQL's binlog, SQL Server's or Oracle's number, else the time. */
function positionOf({ lsn, source }: RowChange, timeMs: number): string {
  if (lsn !== undefined) return `${lsn}`
  if (isName(source.file) && typeof source.pos === 'number')
    return `${source.file}:${source.pos}:${Number(source.row ?? 0)}`
  if (isName(source.change_lsn)) return `${source.change_lsn}:${Number(source.event_serial_no ?? 0)}`
  if (isName(source.scn)) return `${source.scn}:${Number(source.event_serial_no ?? 0)}`
  return `${timeMs}ms`
}

const digest = (row: JsonObject): string => createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 16)

/** Tells rows apart that share a position (a snapshot's do): by primary key, else by the whole row. */
function rowIdentity(row: JsonObject, columns: readonly string[]): string {
  const values = columns.map((column) => row[column])
  const known = values.every((value) => isName(value) || Number.isSafeInteger(value))
  return known ? values.map((value) => encodeURIComponent(String(value))).join(',') : digest(row)
}

/**
 * The same change has the same id however often a connector sends it. A position beyond 2^53 has lost bits on its way
 * through JSON, so that two changes of a row could share it: then the row itself joins the id.
 */
function idOf(change: RowChange, type: string, timeMs: number, columns: readonly string[]): string {
  const row = change.after ?? change.before ?? {}
  const id = `${positionOf(change, timeMs)}:${type}:${rowIdentity(row, columns)}`
  const exact = change.lsn === undefined || change.lsn <= BigInt(Number.MAX_SAFE_INTEGER)
  return exact ? id : `${id}:${change.op}${digest(row)}`
}

function timeOf(envelope: JsonObject, source: JsonObject): number | undefined {
  const ms = source.ts_ms ?? envelope.ts_ms
  return typeof ms === 'number' ? parseEventTime(ms) : undefined
}

/**
 * Reads a change as plain Debezium JSON says it, with or without schema envelope. Type is `schema.table` (MySQL:
 * `database.table`), id is source position, table and primary key, time is `source.ts_ms`, else the envelope's.
 * Tombstones, truncates and logical-decoding messages are ignored. (docs/rules.md, records)
 */
export function readDebezium(record: LogRecord, primaryKeyOf?: PrimaryKeyOf): Ingested {
  if (record.value === null) return { verdict: 'ignored', why: 'debezium tombstone' }
  const payload = new JsonPayload(record).read()
  if (!payload.ok) return refused(payload.reason, payload.detail)
  const envelope = unwrapEnvelope(payload.value)
  const { op, source } = envelope
  if (op === undefined || !isObject(source)) {
    return refused(
      'missing-kind',
      'the record has no kind header, and its value is no Debezium change with op and source',
    )
  }
  const rowless = typeof op === 'string' ? rowlessOps[op] : undefined
  if (rowless !== undefined) return { verdict: 'ignored', why: rowless }
  const head = { kind: 'data' as const }
  const change = changeOf(envelope)
  if (!change.ok) return refused(change.reason, change.detail, head)
  const type = tableOf(source)
  if (type === undefined) return refused('missing-type', 'source names no schema (or db) and table', head)
  const key = mapKey(record.key)
  if (!key.ok) return refused(key.reason, key.detail, { ...head, type })
  const timeMs = timeOf(envelope, source)
  if (timeMs === undefined) {
    return refused('invalid-time', 'neither source.ts_ms nor ts_ms is epoch milliseconds', {
      ...head,
      type,
      key: key.key,
    })
  }
  const id = idOf(change, type, timeMs, primaryKeyOf?.(type) ?? ['id'])
  return { verdict: 'accepted', head: { ...head, type, id, timeMs, key: key.key }, payload: new ReadPayload(envelope) }
}
