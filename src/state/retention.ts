import type { Entry } from './engine.ts'
import { pageTimeOf } from './ids/id-page.ts'
import { timestampOf, windowTimeOf } from './keys.ts'
import type { IdStoreDef, StoreDef, TimestampedStoreDef, WindowStoreDef } from './stores.ts'

export type ExpiringStoreDef = TimestampedStoreDef<unknown> | WindowStoreDef<unknown> | IdStoreDef

export const isExpiring = (def: StoreDef): def is ExpiringStoreDef => def.kind !== 'key-value'

/** Entries with an earlier time than this are gone: stream time has passed them by more than the retention. */
export const expiredBefore = ({ retentionMs }: { readonly retentionMs: number }, streamTimeMs: number): number =>
  streamTimeMs - retentionMs

/** The time of an entry as it lies in the database; of a page of ids the latest. */
export function timeOfEntry({ kind }: ExpiringStoreDef, { key, value }: Entry): number {
  if (kind === 'window') return windowTimeOf(key)
  return kind === 'ids' ? pageTimeOf(key) : timestampOf(value)
}
