import type { Entry } from './engine.ts'
import { pageTimeOf } from './ids/id-page.ts'
import { timestampOf, windowTimeOf } from './keys.ts'
import type { IdStoreDef, StoreDef, TimestampedStoreDef, WindowStoreDef } from './stores.ts'

export type ExpiringStoreDef = TimestampedStoreDef<unknown> | WindowStoreDef<unknown> | IdStoreDef

/** Stores whose entries have their time in the key, and lie in its order. */
export type TimedStoreDef = WindowStoreDef<unknown> | IdStoreDef

export const isExpiring = (def: StoreDef): def is ExpiringStoreDef => def.kind !== 'key-value'

/** Entries with an earlier time than this are gone: stream time has passed them by more than the retention. */
export const expiredBefore = ({ retentionMs }: { readonly retentionMs: number }, streamTimeMs: number): number =>
  streamTimeMs - retentionMs

export const isTimed = (def: StoreDef): def is TimedStoreDef => def.kind === 'window' || def.kind === 'ids'

/** The time of an entry by its key in the database; of a page of ids the latest. */
export const timeOfKey = ({ kind }: TimedStoreDef, key: Buffer): number =>
  kind === 'window' ? windowTimeOf(key) : pageTimeOf(key)

/** The time of an entry as it lies in the database. */
export const timeOfEntry = (def: ExpiringStoreDef, { key, value }: Entry): number =>
  isTimed(def) ? timeOfKey(def, key) : timestampOf(value)
