import type { EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { partitionRange } from '../../../src/log/embedded/keys.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import type { FlakyDatabase } from './flaky-database.ts'
import { at } from './records.ts'

export const entry = (key: string, value: string | null): OutgoingRecord => ({
  ...at,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: { name: Buffer.from(key) },
})

export const createCompacted = (log: EmbeddedLog, config: Record<string, string> = {}) =>
  log.createTopic({ topic: at.topic, partitions: 1, config: { 'cleanup.policy': 'compact', ...config } })

/** What a restore makes of the records. */
export function apply(records: Iterable<Pick<LogRecord, 'key' | 'value'>>, state = new Map<string, string>()) {
  for (const { key, value } of records) {
    if (value === null) state.delete(String(key))
    else state.set(String(key), String(value))
  }
  return state
}

export const sorted = (state: ReadonlyMap<string, string>): [string, string][] =>
  [...state].sort(([a], [b]) => (a < b ? -1 : 1))

/** Rows of main in the database. */
export const rowsOf = async (db: FlakyDatabase): Promise<number> =>
  (await db.keys(partitionRange('r', 1, 0)).all()).length
