import { parseEventTime } from '../time/event-time.ts'
import { headerNames } from './headers.ts'
import { memberText } from './json-scan.ts'
import { nestsDeeperThan } from './nesting.ts'
import { isObject, type JsonObject, maxPayloadDepth } from './payload.ts'
import type { Headers } from './record.ts'
import type { Rejection, RejectReason } from './reject.ts'

/** Characters in a line; longer ones are dead-lettered as `too-large`. */
export const maxLineLength = 16 * 1024 * 1024

/** The record in a line: the bytes that a log would hold, and where the line says it lies. */
export interface DecodedLine {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  readonly partition?: number
  readonly offset?: number
  /** The log's own timestamp. */
  readonly timestampMs?: number
  /** Event time, where it is valid. */
  readonly timeMs?: number
  /** The line itself is broken: then the record is the line's own bytes without key and headers, which nobody accepts. */
  readonly problem?: Rejection
}

/** Members of a line that are headers of the same meaning; `headers` holds all others. */
const headerMembers = [
  ['kind', headerNames.kind],
  ['type', headerNames.type],
  ['id', headerNames.id],
  ['traceparent', headerNames.traceparent],
  ['schemaVersion', headerNames.schemaVersion],
] as const

const broken = (text: string, reason: RejectReason, detail: string): DecodedLine => ({
  key: null,
  value: Buffer.from(text),
  headers: {},
  problem: { reason, detail },
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * As a header says it: a time in text stays as written, a number in digits. What is no time is written as JSON, so that a
 * string of digits stays invalid in a header, where digits alone would be epoch ms.
 */
function timeHeader(time: unknown, timeMs: number | undefined): string {
  if (timeMs === undefined) return JSON.stringify(time) ?? ''
  return typeof time === 'string' ? time : String(timeMs)
}

function headersOf(line: JsonObject, timeMs: number | undefined): Headers {
  // Entries, not assignments: a header may have any name, `__proto__` too.
  const texts: [string, unknown][] = isObject(line.headers) ? Object.entries(line.headers) : []
  for (const [member, name] of headerMembers) texts.push([name, line[member]])
  if (line.time !== undefined && line.time !== null) texts.push([headerNames.time, timeHeader(line.time, timeMs)])
  const entries: [string, Buffer][] = []
  for (const [name, text] of texts) if (typeof text === 'string') entries.push([name, Buffer.from(text)])
  return Object.fromEntries(entries)
}

type Coordinates = Pick<DecodedLine, 'partition' | 'offset' | 'timestampMs'>

/** The coordinates that a line names, `null` counting as none; a text names the one that cannot be. */
export function coordinatesOf({ partition, offset, timestamp }: JsonObject): Coordinates | string {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
  const found: { -readonly [name in keyof Coordinates]: Coordinates[name] } = {}
  if (partition != null) {
    if (!isCount(partition)) return 'partition'
    found.partition = partition
  }
  if (offset != null) {
    if (!isCount(offset)) return 'offset'
    found.offset = offset
  }
  if (timestamp != null) {
    if (!Number.isSafeInteger(timestamp)) return 'timestamp'
    found.timestampMs = timestamp as number
  }
  return found
}

const isBase64 = (value: unknown): value is string =>
  typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value

/** `{key, value, headers}` in base64, for records that are no JSON lines otherwise. */
function decodeRaw({ key, value, headers }: JsonObject): Pick<DecodedLine, 'key' | 'value' | 'headers'> | undefined {
  const bytes = (field: unknown) => (field === null ? null : isBase64(field) ? Buffer.from(field, 'base64') : undefined)
  const keyBytes = bytes(key)
  const valueBytes = bytes(value)
  if (keyBytes === undefined || valueBytes === undefined || !isObject(headers)) return undefined
  const entries: [string, Buffer][] = []
  for (const [name, text] of Object.entries(headers)) {
    if (!isBase64(text)) return undefined
    entries.push([name, Buffer.from(text, 'base64')])
  }
  return { key: keyBytes, value: valueBytes, headers: Object.fromEntries(entries) }
}

/**
 * Reads a line as the record it stands for. Every line is one: members of the wrong type are left out, as if they lacked,
 * and ingress says what the record lacks. The value is the payload's text exactly as it stands in the line.
 * (docs/rules.md, events as lines)
 */
export function decodeLine(text: string): DecodedLine {
  if (text.length > maxLineLength) {
    return broken(text.slice(0, 1_000), 'too-large', `the line has more than ${maxLineLength} characters`)
  }
  const line = parse(text)
  if (line === undefined) return broken(text, 'not-json', 'the line is not JSON')
  if (!isObject(line)) return broken(text, 'missing-kind', 'the line is JSON, but not an object')
  const coordinates = coordinatesOf(line)
  if (typeof coordinates === 'string') {
    return broken(text, 'invalid-coordinates', `${coordinates} is not a whole number that can be one`)
  }
  if (line.kind === undefined && isObject(line.raw)) {
    const raw = decodeRaw(line.raw)
    return raw === undefined
      ? broken(text, 'not-json', 'raw is not base64 of key, value and headers')
      : { ...raw, ...coordinates }
  }
  let value = line.payload === undefined ? null : memberText(text, 'payload')
  if (value === undefined) {
    // Only a member name with escapes gets here; writing the payload anew recurses, so that depth counts first.
    if (nestsDeeperThan(text, maxPayloadDepth + 1)) return broken(text, 'too-deep', 'the line nests too deeply')
    value = JSON.stringify(line.payload)
  }
  const timeMs = parseEventTime(line.time)
  return {
    key: typeof line.key === 'string' ? Buffer.from(line.key) : null,
    value: value === null ? null : Buffer.from(value),
    headers: headersOf(line, timeMs),
    ...coordinates,
    ...(timeMs === undefined ? {} : { timeMs }),
  }
}
