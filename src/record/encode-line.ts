import { parseTimeHeader } from '../time/event-time.ts'
import { type DecodedLine, decodeLine } from './decode-line.ts'
import { headerNames } from './headers.ts'
import type { Headers, LogRecord } from './record.ts'
import { decodeText } from './text.ts'

const lineMembers: ReadonlyMap<string, string> = new Map([
  [headerNames.kind, 'kind'],
  [headerNames.type, 'type'],
  [headerNames.id, 'id'],
  [headerNames.traceparent, 'traceparent'],
  [headerNames.schemaVersion, 'schemaVersion'],
])

const sameBytes = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b))

function sameRecord(a: DecodedLine, b: LogRecord): boolean {
  const names = Object.keys(a.headers)
  return (
    sameBytes(a.key, b.key) &&
    sameBytes(a.value, b.value) &&
    names.length === Object.keys(b.headers).length &&
    names.every((name) => Object.hasOwn(b.headers, name) && sameBytes(a.headers[name]!, b.headers[name]!))
  )
}

/** A time in digits becomes a number, as lines have it. */
const timeMember = (text: string): string | number => (/^-?\d+$/.test(text) ? (parseTimeHeader(text) ?? text) : text)

interface Members {
  [name: string]: unknown
}

/** The members for the headers, `headers` for those without one of their own; `undefined` when one is not text. */
function membersOf(headers: Headers): { members: Members; others: Members } | undefined {
  const members: Members = {}
  const others: Members = Object.create(null)
  for (const [name, bytes] of Object.entries(headers)) {
    const text = decodeText(bytes)
    if (text === undefined) return undefined
    if (name === headerNames.time) members.time = timeMember(text)
    else if (lineMembers.has(name)) members[lineMembers.get(name)!] = text
    else others[name] = text
  }
  return { members, others }
}

/** The record as people write it, or `undefined` when it cannot be; whether it reads back the same is another question. */
function plainLine(record: LogRecord, coordinates: string): string | undefined {
  const found = membersOf(record.headers)
  const key = record.key === null ? undefined : decodeText(record.key)
  const value = record.value === null ? undefined : decodeText(record.value)
  if (found === undefined || (record.key !== null && key === undefined)) return undefined
  if (record.value !== null && (value === undefined || /[\r\n]/.test(value))) return undefined
  const { members, others } = found
  const { kind, type, id, time, ...more } = members
  const start = JSON.stringify({ kind, type, id, key, time }).slice(1, -1)
  const end = JSON.stringify({ ...more, ...(Object.keys(others).length === 0 ? {} : { headers: others }) }).slice(1, -1)
  const payload = value === undefined ? '' : `"payload":${value}`
  return `{${[start, payload, end, coordinates].filter((part) => part !== '').join(',')}}`
}

function rawLine({ key, value, headers }: LogRecord, coordinates: string): string {
  const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null
  const inBase64 = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, base64(bytes)]))
  return `{"raw":${JSON.stringify({ key: base64(key), value: base64(value), headers: inBase64 })},${coordinates}}`
}

/**
 * Writes a record as a JSON line with its partition, offset and timestamp. `decodeLine` reads back the same key, value and
 * header bytes: the payload is the value's text as it is, and a record that is no such line (bytes that are not text, a
 * value that is not JSON on one line, a header in another spelling) becomes `{"raw": {key, value, headers}}` in base64.
 */
export function recordToLine(record: LogRecord): string {
  const coordinates = `"partition":${record.partition},"offset":${record.offset},"timestamp":${record.timestampMs}`
  const plain = plainLine(record, coordinates)
  if (plain !== undefined) {
    const back = decodeLine(plain)
    const placed =
      back.partition === record.partition && back.offset === record.offset && back.timestampMs === record.timestampMs
    if (back.problem === undefined && placed && sameRecord(back, record)) return plain
  }
  return rawLine(record, coordinates)
}
