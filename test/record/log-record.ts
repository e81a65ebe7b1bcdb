import type { LogRecord } from '../../src/record/record.ts'

export interface TextRecord extends Partial<Omit<LogRecord, 'key' | 'value' | 'headers'>> {
  readonly key?: string | Buffer | null
  readonly value?: string | Buffer | null
  readonly headers?: Readonly<Record<string, string | Buffer | undefined>>
}

const bytes = (text: string | Buffer): Buffer => (typeof text === 'string' ? Buffer.from(text) : text)

export const noonMs = Date.UTC(2026, 2, 1, 12)

/** A record from text: by default a valid business event of customer cust-7, without a payload's fields. */
export function logRecord(parts: TextRecord = {}): LogRecord {
  const { key = 'cust-7', value = '{}', headers = {}, ...rest } = parts
  const all = { kind: 'business', type: 'card.authorised', id: 'tx-1', time: String(noonMs), ...headers }
  return {
    topic: 'main',
    partition: 0,
    offset: 0,
    timestampMs: noonMs,
    key: key === null ? null : bytes(key),
    value: value === null ? null : bytes(value),
    headers: Object.fromEntries(
      Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, bytes(text)]])),
    ),
    ...rest,
  }
}

/** A record without any headers, as a producer that does not know Weir writes it. */
export const bareRecord = (parts: TextRecord = {}): LogRecord => ({ ...logRecord(parts), headers: {} })
