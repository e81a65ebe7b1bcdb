import type { LogRecord } from '../../record/record.ts'
import { rowPut } from './append.ts'
import { type Cleaning, encodeCleaning } from './cleaning.ts'
import type { KeyRange, LogDatabase, Write } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import { abortedKey, cleaningKey, lastOffsetOfKey, rowKey } from './keys.ts'
import type { Partition } from './partition.ts'
import { encodeWithGaps, type Row, RowCursor } from './rows.ts'

export interface CompactionLimits {
  /** Offsets that a partition must have taken since its last compaction, at least. Default 10,000. */
  readonly minRecords: number
  /** Distinct keys that one pass holds in memory; a pass with more to do ends early. Default 500,000. */
  readonly maxKeys: number
  /** Bytes read at a time, and about the most that are written in one batch. Default 256 KiB. */
  readonly stepBytes: number
}

export const defaultLimits: CompactionLimits = { minRecords: 10_000, maxKeys: 500_000, stepBytes: 256 * 1024 }

export interface CompactionPassOptions {
  readonly db: LogDatabase
  readonly commits: GroupCommit
  readonly partition: Partition
  readonly cleaning: Cleaning
  readonly limits: CompactionLimits
  readonly nowMs: number
  readonly stopped: () => boolean
}

/** What a pass did. */
export interface Compacted {
  /** Of rows that were replaced: so much garbage lies on the disk. */
  readonly rewrittenBytes: number
  /** The rows that it went through, in ranges of a few megabytes. */
  readonly ranges: readonly KeyRange[]
}

interface Slice {
  readonly gte: Buffer
  lt: Buffer
  bytes: number
}

/** The database gives space back range by range: none of them takes long. */
const sliceBytes = 16 * 1024 * 1024
/** Writing waits for appends, and these for the disk: a batch takes much away at once, or it would never catch up. */
const replacedPerPacked = 16
const longestBatch = 2_000

/**
 * Compacts one partition as Kafka's log cleaner does: notes the last offset of each key in the part that was never
 * compacted, then goes through all rows below its end and drops what has a later one, the markers and aborted records.
 * Each step is one batch, so that an end at any moment leaves a log with the same last values; the next pass starts over.
 */
export class CompactionPass {
  readonly #options: CompactionPassOptions
  readonly #lastOffsets = new Map<string, number>()
  readonly #tombstonesBelow: number
  #to = 0
  #kept = 0
  #rewrittenBytes = 0
  /** The batch that is being gathered, with the bytes that go and those that come. */
  #replaced: Write[] = []
  #replacedBytes = 0
  #packedBytes = 0
  readonly #slices: Slice[] = []

  constructor(options: CompactionPassOptions) {
    this.#options = options
    const { partition, cleaning, nowMs } = options
    const due = nowMs - cleaning.tombstonesAtMs >= cleaning.tombstoneMs
    const lowest = [...partition.readers].reduce(
      (low, { position }) => Math.min(low, position),
      Number.POSITIVE_INFINITY,
    )
    this.#tombstonesBelow = due ? Math.min(cleaning.tombstonesTo, lowest) : 0
  }

  /** @returns `undefined` when it was stopped */
  async run(): Promise<Compacted | undefined> {
    if (!(await this.#scan()) || !(await this.#clean())) return undefined
    await this.#finish()
    return { rewrittenBytes: this.#rewrittenBytes, ranges: this.#slices }
  }

  async #scan(): Promise<boolean> {
    const { db, partition, cleaning, limits } = this.#options
    const { topicId, partition: number, lastStableOffset } = partition
    const from = cleaning.cleanedTo
    const range = { gte: rowKey(topicId, number, from), lt: rowKey(topicId, number, lastStableOffset) }
    // The last row stays as it is: the partition's end is read from it when the log is opened.
    const [last] = await db.iterator({ ...range, reverse: true, limit: 1 }).all()
    this.#to = from
    if (last === undefined) return true
    return this.#steps(from, lastOffsetOfKey(last[0]), async (rows) => {
      for (const row of rows) {
        if (this.#lastOffsets.size >= limits.maxKeys) return false
        for (const { key, offset } of this.#visible(row)) {
          if (key !== null) this.#lastOffsets.set(key.toString('latin1'), offset)
        }
        this.#to = row.lastOffset + 1
      }
      return true
    })
  }

  async #clean(): Promise<boolean> {
    const { partition } = this.#options
    const done = await this.#steps(0, this.#to, async (rows) => {
      const bytes = rows.reduce((sum, row) => sum + row.bytes.length, 0)
      this.#noteSlice(rows.at(-1)!, bytes)
      const kept = rows.flatMap((row) => this.#visible(row)).filter((record) => this.#keeps(record))
      this.#kept += kept.length
      const packed = encodeWithGaps(kept)
      // Markers and hidden records are counted here and never kept.
      const count = rows.reduce((sum, row) => sum + new RowCursor(row, partition).left, 0)
      // Rows that are only small are worth it when half of them go.
      if (kept.length === count && packed.length * 2 > rows.length) return true
      this.#replaced.push(...replacement(partition, rows, packed))
      this.#replacedBytes += bytes
      this.#packedBytes += packed.reduce((sum, row) => sum + row.bytes.length, 0)
      if (this.#batchIsFull()) await this.#write()
      return true
    })
    if (done) await this.#write()
    return done
  }

  /** Appends wait for a batch: it is short in what is written, while much may go in it. */
  #batchIsFull(): boolean {
    const { stepBytes } = this.#options.limits
    return (
      this.#packedBytes >= stepBytes ||
      this.#replacedBytes >= stepBytes * replacedPerPacked ||
      this.#replaced.length >= longestBatch
    )
  }

  async #write(): Promise<void> {
    const operations = this.#replaced
    this.#rewrittenBytes += this.#replacedBytes
    this.#replaced = []
    this.#replacedBytes = 0
    this.#packedBytes = 0
    if (operations.length > 0) await this.#options.commits.write(operations, false)
  }

  async #finish(): Promise<void> {
    const { commits, partition, cleaning, nowMs } = this.#options
    const { topicId, partition: number } = partition
    const forgotten = partition.abortedBefore(this.#to)
    const tombstonesGone = this.#tombstonesBelow === cleaning.tombstonesTo
    const next: Cleaning = {
      ...cleaning,
      cleanedTo: this.#to,
      kept: this.#kept,
      ...(tombstonesGone ? { tombstonesTo: this.#to, tombstonesAtMs: nowMs } : {}),
    }
    const operations: Write[] = forgotten.map((each) => ({ type: 'del', key: abortedKey(topicId, number, each) }))
    operations.push({ type: 'put', key: cleaningKey(topicId, number), value: encodeCleaning(next) })
    await commits.write(operations, false)
    partition.forgetAborted(forgotten)
    partition.cleaning = next
  }

  /** Rows whose last offset is in [from, to), some at a time, until `use` has enough. @returns false when stopped */
  async #steps(from: number, to: number, use: (rows: readonly Row[]) => Promise<boolean>): Promise<boolean> {
    const { db, partition, limits, stopped } = this.#options
    const { topicId, partition: number } = partition
    for (let next = from; next < to; ) {
      if (stopped()) return false
      // An iterator of its own for each step: a long-lived one would keep deleted rows on the disk.
      const range = { gte: rowKey(topicId, number, next), lt: rowKey(topicId, number, to) }
      const iterator = db.iterator({ ...range, highWaterMarkBytes: limits.stepBytes })
      const rows: Row[] = []
      try {
        for (let bytes = 0; bytes < limits.stepBytes; ) {
          const entries = await iterator.nextv(64)
          if (entries.length === 0) break
          for (const [key, value] of entries) {
            rows.push({ lastOffset: lastOffsetOfKey(key), bytes: value })
            bytes += value.length
          }
        }
      } finally {
        await iterator.close()
      }
      if (rows.length === 0 || !(await use(rows))) return true
      next = rows.at(-1)!.lastOffset + 1
    }
    return true
  }

  /** The row's committed records from the partition's start on. */
  #visible(row: Row): LogRecord[] {
    const { partition } = this.#options
    const cursor = new RowCursor(row, partition)
    if (cursor.isMarker || partition.aborted.has(cursor.transaction)) return []
    cursor.skipTo(partition.startOffset)
    const records: LogRecord[] = []
    for (let record = cursor.next(); record !== undefined; record = cursor.next()) records.push(record)
    return records
  }

  /** Records without a key have no later one; they stay. */
  #keeps({ key, value, offset }: LogRecord): boolean {
    if (key === null) return true
    if (value === null && offset < this.#tombstonesBelow) return false
    return (this.#lastOffsets.get(key.toString('latin1')) ?? offset) <= offset
  }

  #noteSlice(last: Row, bytes: number): void {
    const { topicId, partition } = this.#options.partition
    const lt = rowKey(topicId, partition, last.lastOffset + 1)
    const slice = this.#slices.at(-1)
    if (slice === undefined || slice.bytes >= sliceBytes) {
      this.#slices.push({ gte: slice?.lt ?? rowKey(topicId, partition, 0), lt, bytes })
    } else {
      slice.lt = lt
      slice.bytes += bytes
    }
  }
}

function replacement(partition: Partition, rows: readonly Row[], packed: readonly Row[]): Write[] {
  const { topicId, partition: number } = partition
  const stay = new Set(packed.map(({ lastOffset }) => lastOffset))
  const gone = rows.filter(({ lastOffset }) => !stay.has(lastOffset))
  return [
    ...gone.map(({ lastOffset }): Write => ({ type: 'del', key: rowKey(topicId, number, lastOffset) })),
    ...packed.map((row) => rowPut(partition, row)),
  ]
}
