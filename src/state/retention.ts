import type { Entry } from './engine.ts'
import { timestampOf, windowTimeOf } from './keys.ts'
import type { StoreDef, TimestampedStoreDef, WindowStoreDef } from './stores.ts'

export type ExpiringStoreDef = TimestampedStoreDef<unknown> | WindowStoreDef<unknown>

export const isExpiring = (def: StoreDef): def is ExpiringStoreDef => def.kind !== 'key-value'

/** Entries with an earlier time than this are gone: stream time has passed them by more than the retention. */
export const expiredBefore = ({ retentionMs }: { readonly retentionMs: number }, streamTimeMs: number): number =>
  streamTimeMs - retentionMs

/** The time of an entry as it lies in the database. */
export const timeOfEntry = ({ kind }: ExpiringStoreDef, { key, value }: Entry): number =>
  kind === 'window' ? windowTimeOf(key) : timestampOf(value)
