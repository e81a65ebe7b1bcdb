import { type DecodedLine, decodeLine } from './decode-line.ts'
import type { Kind } from './head.ts'
import { headerNames } from './headers.ts'
import { readByHeaders } from './mappings/headers.ts'
import { type JsonObject, JsonPayload } from './payload.ts'
import type { LogRecord } from './record.ts'
import type { Rejection, RejectReason } from './reject.ts'

export { type DecodedLine, decodeLine, maxLineLength } from './decode-line.ts'
export { recordToLine } from './encode-line.ts'
export { LinePlacement, type LineTarget, lineToRecord } from './line-placement.ts'
export { type LineBlock, type ReadLinesOptions, readLineBlocks, readLines, type TextLine } from './read-lines.ts'

/** What a well-formed line says. */
export interface LineRecord {
  readonly kind: Kind
  readonly type: string
  readonly id: string
  /** Empty only for decisions and control records. */
  readonly key: string
  /** As written. */
  readonly time: string | number
  readonly timeMs: number
  readonly payload: JsonObject
  readonly traceparent?: string
  readonly schemaVersion?: string
  readonly partition?: number
  readonly offset?: number
  /** Of the log, in ms. */
  readonly timestamp?: number
}

export type ParsedLine =
  | { readonly ok: true; readonly record: LineRecord; readonly line: DecodedLine }
  | { readonly ok: false; readonly reason: RejectReason; readonly detail: string; readonly line: DecodedLine }

function timeOf(header: string, timeMs: number): string | number {
  return /^-?\d+$/.test(header) ? timeMs : header
}

type Read = Omit<LineRecord, 'partition' | 'offset' | 'timestamp'>

/** Judges a line as ingress will judge its record, value included. */
function read(line: DecodedLine): Read | Rejection {
  if (line.problem !== undefined) return line.problem
  const { key, value, headers } = line
  const record: LogRecord = { topic: '', partition: 0, offset: 0, timestampMs: -1, key, value, headers }
  const ingested = readByHeaders(record)
  if (ingested.verdict === 'rejected') return ingested
  if (ingested.verdict === 'ignored') throw new TypeError('headers ignore nothing')
  const payload = new JsonPayload({ value }).read()
  if (!payload.ok) return payload
  const { kind, type, id, key: keyText, timeMs } = ingested.head
  const text = (name: string): string | undefined => headers[name]?.toString('utf8')
  const traceparent = text(headerNames.traceparent)
  const schemaVersion = text(headerNames.schemaVersion)
  return {
    ...{ kind, type, id, key: keyText, timeMs },
    time: timeOf(text(headerNames.time)!, timeMs),
    payload: payload.value,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
  }
}

/**
 * Reads a line in full, or says with its number why it is no record that would be processed. `line` is the record either
 * way: what is wrong still takes its offset. (docs/rules.md, events as lines)
 */
export function parseLine(text: string, lineNumber: number): ParsedLine {
  const line = decodeLine(text)
  const found = read(line)
  if ('reason' in found) return { ok: false, reason: found.reason, detail: `line ${lineNumber}: ${found.detail}`, line }
  const { partition, offset, timestampMs } = line
  const coordinates = {
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
    ...(timestampMs === undefined ? {} : { timestamp: timestampMs }),
  }
  return { ok: true, record: { ...found, ...coordinates }, line }
}
