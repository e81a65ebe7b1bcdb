import { int64Serde } from '../../record/serdes.ts'
import type { TimestampedStore, TimestampedStoreDef } from '../../state/stores.ts'

/** Ids that were applied, with their offsets; business events and rows apart, as they are remembered for different times. */
export const seenIdsStore = (name: string, retentionMs: number): TimestampedStoreDef<number> => ({
  kind: 'timestamped',
  name,
  serde: int64Serde,
  retentionMs,
})

/** One text for a record key and an id, different for different pairs. */
export const idKey = (key: string, id: string): string => `${key.length}:${key}${id}`

export interface Sighting {
  readonly id: string
  readonly offset: number
  /** Stream time, the record included, minus how long ids are remembered. */
  readonly sinceMs: number
}

/**
 * True when the id (`idKey`) was applied at another offset and is not forgotten yet. The same offset is the same record,
 * processed again after a crash: it is decided again.
 */
export function isDuplicate(seen: TimestampedStore<number>, { id, offset, sinceMs }: Sighting): boolean {
  const known = seen.get(id)
  return known !== undefined && known.timestampMs >= sinceMs && known.value !== offset
}
