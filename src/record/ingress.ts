import { formatDuration } from '../time/duration.ts'
import { type Head, isKeyed, isResult, tickType } from './head.ts'
import { HeaderHead } from './header-head.ts'
import { headerNames } from './headers.ts'
import { viewOfHeader, viewOfKey } from './in-place.ts'
import { type Ingested, refused } from './ingested.ts'
import { type PrimaryKeyOf, readDebezium } from './mappings/debezium.ts'
import { readByHeaders } from './mappings/headers.ts'
import { murmur2, partitionForText, partitionOf } from './murmur2.ts'
import type { LogRecord } from './record.ts'

export { type DataChange, readDataChange, unavailableValue } from './data-change.ts'
export { featureTypePrefix, type Head, isResult, type Kind, kinds, tickType } from './head.ts'
export { type EventHeaders, eventHeaders, headerNames } from './headers.ts'
export type { Accepted, Ignored, Ingested, Refused } from './ingested.ts'
export { type JsonObject, type LazyPayload, PayloadError, type PayloadResult } from './payload.ts'
export { type Rejection, type RejectReason, rejectMeanings, rejectReasons } from './reject.ts'

/** How records without Weir's headers are read: not at all (`headers`), or as plain Debezium JSON. */
export const ingressMappings = ['headers', 'debezium'] as const

export type IngressMapping = (typeof ingressMappings)[number]

export interface IngressOptions {
  readonly mapping: IngressMapping
  /** How far an event's time may be after the log's own timestamp; exactly this much passes. */
  readonly maxAheadMs: number
  /** For `debezium`: the primary key's columns by table (`schema.table`). Default: the column `id`. */
  readonly primaryKeyOf?: PrimaryKeyOf
  /**
   * Says why a control record, decision or feature record is not to be believed; `undefined` when it is. Default: all are
   * believed, as lines from files are.
   */
  readonly objection?: (record: LogRecord, head: Head) => string | undefined
}

const isOurs = (head: Head): boolean => head.kind === 'control' || head.kind === 'decision' || isResult(head)

/**
 * Only these can make everybody else late; data records are capped instead, and other kinds do not move time. A global
 * feature's result has the time of its cause, which was judged and moved time before it.
 */
const canBeAhead = (head: Head): boolean =>
  head.kind === 'business' ? !isResult(head) : head.kind === 'control' && head.type === tickType

export type Ingress = (record: LogRecord) => Ingested

/**
 * Makes the function that every record passes first: from bytes to what the engine reads, headers before values. It is a
 * pure function of the record and the options.
 */
export function createIngress(options: IngressOptions): Ingress {
  const { mapping, maxAheadMs, primaryKeyOf, objection } = options
  const read: Ingress = (record) =>
    mapping === 'debezium' && viewOfHeader(record, headerNames.kind) === undefined
      ? readDebezium(record, primaryKeyOf)
      : readByHeaders(record)
  return (record) => {
    const mapped = record.ingested ?? read(record)
    if (mapped.verdict !== 'accepted') return mapped
    const { head } = mapped
    if (objection !== undefined && isOurs(head)) {
      const forged = objection(record, head)
      if (forged !== undefined) return refused('forged', forged, head)
    }
    const aheadMs = head.timeMs - record.timestampMs
    if (aheadMs > maxAheadMs && hasTimestamp(record) && canBeAhead(head)) {
      const limit = formatDuration(maxAheadMs)
      return refused(
        'ahead',
        `the time is ${formatDuration(aheadMs)} after the log's timestamp; the limit is ${limit}`,
        head,
      )
    }
    return mapped
  }
}

/** Kafka writes −1 for a record without a timestamp. */
const hasTimestamp = (record: LogRecord): boolean => record.timestampMs >= 0

/**
 * The time to which a record moves its partition's stream time, or `undefined` when it does not: business records, ticks
 * and data records with valid headers that are not ahead, data at most to the log's timestamp plus `maxAheadMs`. Whatever
 * becomes of the record later makes no difference. (docs/rules.md, stream time)
 */
export function streamTimeOf(record: LogRecord, ingested: Ingested, maxAheadMs: number): number | undefined {
  if (ingested.verdict !== 'accepted') return undefined
  const { head } = ingested
  if (head.kind === 'data') {
    return hasTimestamp(record) ? Math.min(head.timeMs, record.timestampMs + maxAheadMs) : head.timeMs
  }
  return canBeAhead(head) ? head.timeMs : undefined
}

/**
 * True for a business or data record that lies on another partition than its key hashes to. Costs a hash: ask for records
 * that are kept.
 */
export function isMisrouted(record: LogRecord, head: Head, partitions: number): boolean {
  if (!isKeyed(head.kind)) return false
  const key = head instanceof HeaderHead ? viewOfKey(record) : undefined
  const hashed =
    key === undefined
      ? partitionForText(head.key, partitions)
      : partitionOf(murmur2(key.bytes, key.from, key.to), partitions)
  return hashed !== record.partition
}
