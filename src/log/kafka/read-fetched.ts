import type { LogRecord, TopicPartition } from '../../record/record.ts'
import type { Isolation, OffsetSpan } from '../log.ts'
import { AbortedFilter } from './aborted.ts'
import { BatchCursor, batchesIn, type RecordBatch } from './batch-decoder.ts'
import type { FetchResponse } from './fetch.ts'

/** What of its partition a reader sees. */
export interface ReaderView {
  readonly fromOffset: number
  readonly isolation: Isolation
  /** Batches that lie in one of these are passed over. */
  readonly leftOut?: readonly OffsetSpan[]
}

/** The records of a fetch that a reader sees, given out a part at a time: each is made only for its part. */
export class FetchedRecords {
  readonly #partition: TopicPartition
  readonly #fromOffset: number
  /** What is shown and not given out yet; the first one perhaps in part. */
  #batches: RecordBatch[] = []
  #cursor: BatchCursor | undefined
  #nextOffset: number
  #endOffset: number

  /** @throws LogError `record-format-unsupported` when the first batch cannot be read; before a later one it ends */
  constructor(
    partition: TopicPartition,
    { fromOffset, isolation, leftOut = [] }: ReaderView,
    { recordSet, aborted }: Pick<FetchResponse, 'recordSet' | 'aborted'>,
  ) {
    this.#partition = partition
    this.#fromOffset = fromOffset
    this.#nextOffset = fromOffset
    this.#endOffset = fromOffset
    const filter = isolation === 'read-committed' ? new AbortedFilter(aborted) : undefined
    try {
      for (const batch of batchesIn(recordSet)) {
        const shown = filter === undefined ? !batch.isControl : filter.shows(batch)
        const isLeftOut = leftOut.some(({ from, to }) => from <= batch.baseOffset && batch.lastOffset < to)
        if (shown && !isLeftOut && batch.lastOffset >= fromOffset) this.#batches.push(batch)
        this.#endOffset = Math.max(this.#endOffset, batch.lastOffset + 1)
      }
    } catch (error) {
      // What lies before a batch that cannot be read is still delivered; the next fetch begins with that batch.
      if (this.#endOffset === fromOffset) throw error
    }
  }

  /** Behind all batches. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Behind what was given out, and where nothing is left behind what is not shown; `fromOffset` at first. */
  get nextOffset(): number {
    return this.hasMore ? this.#nextOffset : this.#endOffset
  }

  get hasMore(): boolean {
    return this.#batches.length > 0
  }

  /** The next records, at most so many. @throws LogError `record-format-unsupported` when the first of them cannot be read */
  take(most: number): readonly LogRecord[] {
    const records: LogRecord[] = []
    try {
      while (this.hasMore && records.length < most) this.#read(records, most)
    } catch (error) {
      if (records.length === 0) throw error
    }
    return records
  }

  #read(into: LogRecord[], most: number): void {
    const batch = this.#batches[0]!
    this.#cursor ??= new BatchCursor(batch)
    this.#cursor.read(this.#partition, this.#fromOffset, into, most)
    const last = into.at(-1)
    if (last !== undefined) this.#nextOffset = last.offset + 1
    if (!this.#cursor.isAtEnd) return
    this.#nextOffset = batch.lastOffset + 1
    this.#batches.shift()
    this.#cursor = undefined
  }
}
