import { LogError, TaskCorruptedError, TaskMigratedError } from '../errors.ts'
import type { Log, PartitionReader } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import type { StateDb } from '../state/engine.ts'
import { type ChangelogBatch, restore } from '../state/restore.ts'
import type { StoreDef } from '../state/stores.ts'

export interface RestoreProgress {
  readonly store: string
  /** Changelog offsets still to pass, and to pass altogether. */
  readonly remaining: number
  readonly total: number
}

export interface RestoreChangelogOptions {
  readonly db: StateDb
  readonly store: StoreDef
  readonly changelog: TopicPartition
  readonly log: Log
  /** What the database has already; `undefined` when it has nothing. */
  readonly from: number | undefined
  /** Bytes fetched at a time. */
  readonly maxBytes: number
  /** Default 2,000. */
  readonly batchEntries: number | undefined
  readonly stopped: () => boolean
  readonly onProgress: (progress: RestoreProgress) => void
}

const waitMs = 200

/**
 * Replays a changelog up to the read-uncommitted end it has at the start, reading committed records only, by position: a
 * marker at the end counts as passed, and what an open transaction holds back is waited for.
 * @throws TaskCorruptedError `changelog-truncated` when the log no longer has what the database needs next
 * @throws TaskMigratedError `assignment-lost` when the task was stopped meanwhile
 */
export async function restoreChangelog(options: RestoreChangelogOptions): Promise<void> {
  const { db, store, changelog, log, from, maxBytes, batchEntries, stopped, onProgress } = options
  const startOffset = await log.startOffset(changelog)
  const to = await log.endOffset(changelog, 'read-uncommitted')
  if (from !== undefined && (from < startOffset || from > to)) {
    throw new TaskCorruptedError(
      'changelog-truncated',
      `the local state has ${nameOf(changelog)} up to ${from}, but the log holds ${startOffset} to ${to}; it is rebuilt from there`,
    )
  }
  const begin = from ?? startOffset
  if (begin >= to) return
  const reader = await log.openReader({ ...changelog, offset: begin, isolation: 'read-committed', maxBytes })
  try {
    await restore({
      db,
      store,
      batches: batchesOf(reader, { to, stopped }),
      from: begin,
      to,
      ...(batchEntries === undefined ? {} : { batchEntries }),
      onProgress: ({ offset }) =>
        onProgress({ store: store.name, remaining: Math.max(0, to - offset), total: to - begin }),
    })
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'offset-out-of-range')) throw error
    throw new TaskCorruptedError('changelog-truncated', `${nameOf(changelog)} was trimmed while it was being read`, {
      cause: error,
    })
  } finally {
    await reader.close()
  }
}

async function* batchesOf(
  reader: PartitionReader,
  { to, stopped }: { readonly to: number; readonly stopped: () => boolean },
): AsyncIterable<ChangelogBatch> {
  while (reader.position < to) {
    if (stopped()) throw new TaskMigratedError('assignment-lost', 'the task was taken away while it was being restored')
    const { records, nextOffset } = await reader.poll(waitMs)
    yield { entries: records.map(({ key, value }) => ({ key: key!, value })), nextOffset }
  }
}
