import { LogError, TaskCorruptedError, TaskMigratedError } from '../errors.ts'
import type { Log, PartitionReader } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import type { StateDb } from '../state/engine.ts'
import { type ChangelogBatch, restore } from '../state/restore.ts'
import type { StoreDef } from '../state/stores.ts'

/** What of a changelog is to be replayed: from `begin` to before `end`. */
export interface ChangelogStretch {
  readonly begin: number
  readonly end: number
  /** True when the log no longer has all that the database lacks before `begin`. */
  readonly isCut: boolean
}

export interface StretchOptions {
  readonly log: Log
  readonly changelog: TopicPartition
  /** What the database has already; `undefined` when it has nothing. */
  readonly from: number | undefined
}

export interface RestoreChangelogOptions extends Pick<ChangelogStretch, 'begin' | 'end'> {
  readonly db: StateDb
  readonly store: StoreDef
  readonly changelog: TopicPartition
  readonly log: Log
  /** Bytes fetched at a time. */
  readonly maxBytes: number
  /** Default 2,000. */
  readonly batchEntries: number | undefined
  readonly stopped: () => boolean
  /** Hears how many offsets are still to pass. */
  readonly onProgress: (remaining: number) => void
}

const waitMs = 200

/**
 * What a database lacks of a changelog, up to the read-uncommitted end that it has now.
 * @throws TaskCorruptedError `changelog-truncated` when the log does not reach as far as the database
 */
export async function missingStretch({ log, changelog, from }: StretchOptions): Promise<ChangelogStretch> {
  const startOffset = await log.startOffset(changelog)
  const end = await log.endOffset(changelog, 'read-uncommitted')
  if (from !== undefined && from > end) {
    throw new TaskCorruptedError(
      'changelog-truncated',
      `the local state has ${nameOf(changelog)} up to ${from}, but the log only up to ${end}; it is rebuilt from there`,
    )
  }
  return { begin: Math.max(from ?? startOffset, startOffset), end, isCut: from !== undefined && from < startOffset }
}

/**
 * Lets pass what the owner deleted because it is past its retention: of the store neither the log nor the database has more
 * there than a reader would be shown.
 * @param trimmedTo see `trimmedToOf`
 * @throws TaskCorruptedError `changelog-truncated` when more is gone than that
 */
export function checkCut({ begin, isCut }: ChangelogStretch, changelog: TopicPartition, trimmedTo: number): void {
  if (isCut && begin > trimmedTo) throw truncated(changelog)
}

const truncated = (changelog: TopicPartition, cause?: unknown): TaskCorruptedError =>
  new TaskCorruptedError(
    'changelog-truncated',
    `${nameOf(changelog)} no longer has what the local state needs next; the state is rebuilt from what there is`,
    { cause },
  )

/** Whether a reader stands where the log no longer has anything. */
export const isTrimmed = (error: unknown): error is LogError =>
  error instanceof LogError && error.code === 'offset-out-of-range'

/** Where that cannot be made up for the state is rebuilt. */
export const asTruncated = (error: unknown, changelog: TopicPartition): unknown =>
  isTrimmed(error) ? truncated(changelog, error) : error

/**
 * Replays a stretch of a changelog, reading committed records only, by position: a marker at the end counts as passed, and
 * what an open transaction holds back is waited for.
 * @throws TaskCorruptedError `changelog-truncated` when the log loses what is to be read
 * @throws TaskMigratedError `assignment-lost` when the task was stopped meanwhile
 */
export async function restoreChangelog(options: RestoreChangelogOptions): Promise<void> {
  const { db, store, changelog, log, begin, end, maxBytes, batchEntries, stopped, onProgress } = options
  if (begin >= end) return
  const reader = await log.openReader({ ...changelog, offset: begin, isolation: 'read-committed', maxBytes })
  try {
    await restore({
      db,
      store,
      batches: batchesOf(reader, { end, stopped }),
      from: begin,
      to: end,
      ...(batchEntries === undefined ? {} : { batchEntries }),
      onProgress: ({ offset }) => onProgress(Math.max(0, end - offset)),
    })
  } catch (error) {
    throw asTruncated(error, changelog)
  } finally {
    await reader.close()
  }
}

async function* batchesOf(
  reader: PartitionReader,
  { end, stopped }: { readonly end: number; readonly stopped: () => boolean },
): AsyncIterable<ChangelogBatch> {
  while (reader.position < end) {
    if (stopped()) throw new TaskMigratedError('assignment-lost', 'the task was taken away while it was being restored')
    const { records, nextOffset } = await reader.poll(waitMs)
    yield { entries: records.map(({ key, value }) => ({ key: key!, value })), nextOffset }
  }
}
