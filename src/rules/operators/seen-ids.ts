import { int64Serde } from '../../record/serdes.ts'
import type { IdStoreDef, TimestampedStore, TimestampedStoreDef } from '../../state/stores.ts'

/** Ids that were applied, with their offsets. */
export type SeenIdsDef = IdStoreDef | TimestampedStoreDef<number>

/** Longer than this, so many ids may be remembered that they must not all be in memory. */
const longestByPageMs = 2 * 3_600_000

/** Of business events: by the page, unless they are remembered for very long. */
export const eventIdsStore = (retentionMs: number): SeenIdsDef =>
  retentionMs > longestByPageMs
    ? entryByEntry('event-ids', retentionMs)
    : { kind: 'ids', name: 'event-id-pages', retentionMs }

/** Of rows. */
export const rowIdsStore = (retentionMs: number): SeenIdsDef => entryByEntry('row-ids', retentionMs)

const entryByEntry = (name: string, retentionMs: number): SeenIdsDef => ({
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
