import { passFailPoint } from '../fail-points.ts'
import type { Change, StateDb } from './engine.ts'
import type { ChangelogEntry } from './journal.ts'
import { windowTimeOf } from './keys.ts'
import { expiredBefore, isExpiring, timeOfEntry } from './retention.ts'
import type { StoreDef } from './stores.ts'
import { systemChanges } from './system.ts'
import { eachLoggedRow } from './window-page.ts'
import { segmentedKey } from './window-segments.ts'

/** Records of one store's changelog in offset order; a `null` value deletes. */
export interface ChangelogBatch {
  readonly entries: readonly Pick<ChangelogEntry, 'key' | 'value'>[]
  /** The reader's position behind the batch, above markers too; a batch without entries moves it as well. */
  readonly nextOffset: number
}

export interface RestoreOptions {
  readonly db: StateDb
  readonly store: StoreDef
  /** The changelog's batches from the stored offset on (`readSystem`). Closed when `to` is reached. */
  readonly batches: AsyncIterable<ChangelogBatch>
  /** The position at which to begin: what the database has already. */
  readonly from: number
  /** The position at which the restore is complete, exclusive. */
  readonly to: number
  /** Entries applied together at least, unless the end comes first. Default 2,000. */
  readonly batchEntries?: number
  /** Leaves out what is past its retention at this stream time, which must not be later than the task's. */
  readonly streamTimeMs?: number
  readonly onProgress?: (progress: RestoreProgress) => void
}

export interface RestoreProgress {
  readonly store: string
  /** The position up to which the database has everything. */
  readonly offset: number
  /** Entries applied since the start. */
  readonly entries: number
}

/**
 * Applies a store's changelog to the database, each batch together with the position it reached: a crash in between loses
 * nothing, the next restore begins there. Resolves with the position reached, which is below `to` only when the batches
 * ended before.
 * @throws StateStoreError `disk-full`, `store-unavailable`, and what reading the changelog throws
 */
export async function restore(options: RestoreOptions): Promise<number> {
  const { db, store, batches, from, to, batchEntries = 2_000, onProgress } = options
  if (from >= to) return from
  const addChanges = changesOf(store, options.streamTimeMs)
  let pending: Change[] = []
  let reached = from
  let applied = from
  let entries = 0

  const apply = async () => {
    await db.write([...pending, ...systemChanges({ changelogOffsets: new Map([[store.name, reached]]) })])
    pending = []
    applied = reached
    onProgress?.({ store: store.name, offset: reached, entries })
  }

  for await (const batch of batches) {
    for (const entry of batch.entries) addChanges(entry, pending)
    entries += batch.entries.length
    reached = Math.max(reached, batch.nextOffset)
    if (reached >= to) break
    if (pending.length >= batchEntries) {
      await apply()
      passFailPoint('in-restore')
    }
  }
  if (reached > applied) await apply()
  return reached
}

/**
 * Adds what a changelog's record does to the database, where a window's rows have entries of their own, in segments.
 *
 * An expired window entry or page of ids can be passed over: nothing else has its key. An expired value of a timestamped store
 * deletes: it may have replaced one that would still be seen.
 */
export function changesOf(store: StoreDef, streamTimeMs = Number.NEGATIVE_INFINITY) {
  const column = store.name
  const expiredBeforeMs = isExpiring(store) ? expiredBefore(store, streamTimeMs) : Number.NEGATIVE_INFINITY
  return ({ key, value }: ChangelogBatch['entries'][number], changes: Change[]): void => {
    if (store.kind === 'window' && value !== null) {
      eachLoggedRow({ key, value }, (row) => {
        const timeMs = windowTimeOf(row.key)
        if (timeMs >= expiredBeforeMs)
          changes.push({ column, key: segmentedKey(store, row.key, timeMs), value: row.value })
      })
    } else if (value === null || !isExpiring(store) || timeOfEntry(store, { key, value }) >= expiredBeforeMs)
      changes.push({ column, key, value })
    else if (store.kind === 'timestamped') changes.push({ column, key, value: null })
  }
}
