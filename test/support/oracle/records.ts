/** A record of main as the oracle reads it. Without `timestampMs` nothing is ahead, as for lines without `timestamp`. */
export interface OracleRecord {
  readonly offset: number
  readonly timestampMs?: number
  readonly keyBytes: Uint8Array | null
  readonly valueBytes: Uint8Array | null
  readonly headers: Readonly<Record<string, Uint8Array>>
}

export interface OracleHead {
  readonly kind: string
  readonly type: string
  readonly id: string
  readonly timeMs: number
  /** The empty string for control records. */
  readonly key: string
}

const utf8 = new TextDecoder()
const kinds = ['business', 'data', 'control', 'decision']
const isoForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Epoch ms of a time header: an integer or ISO 8601 with `Z` or an offset; `undefined` when it is no such time. */
export function oracleTimeMs(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : undefined
  const found = isoForm.exec(text)
  if (found === null) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, ...number[]]
  const date = new Date(0)
  date.setUTCFullYear(year, month! - 1, day)
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return undefined
  if (hour! > 23 || minute! > 59 || second! > 59) return undefined
  const shiftMinutes = Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)
  const ms = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const localMs = date.getTime() + ((hour! * 60 + minute!) * 60 + second!) * 1000 + ms
  return localMs - (found[8] === '-' ? -1 : 1) * shiftMinutes * 60_000
}

/** What the headers and the key say, or why they say nothing. */
export function oracleHead(record: OracleRecord): OracleHead | { readonly problem: string } {
  const header = (name: string): string | undefined => {
    const bytes = record.headers[name]
    return bytes === undefined ? undefined : utf8.decode(bytes)
  }
  const [kind, type, id, time] = [header('kind'), header('type'), header('id'), header('time')]
  if (kind === undefined || !kinds.includes(kind)) return { problem: 'kind' }
  if (type === undefined) return { problem: 'type' }
  if (id === undefined) return { problem: 'id' }
  const timeMs = time === undefined ? undefined : oracleTimeMs(time)
  if (timeMs === undefined) return { problem: 'time' }
  if (record.keyBytes === null && (kind === 'business' || kind === 'data')) return { problem: 'key' }
  return { kind, type, id, timeMs, key: record.keyBytes === null ? '' : utf8.decode(record.keyBytes) }
}

/** The payload when the value is a JSON object. */
export function oraclePayload(record: OracleRecord): Readonly<Record<string, unknown>> | undefined {
  if (record.valueBytes === null) return undefined
  try {
    const value: unknown = JSON.parse(utf8.decode(record.valueBytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
