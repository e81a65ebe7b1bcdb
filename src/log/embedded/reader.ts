import { LogError } from '../../errors.ts'
import { type LogRecord, nameOf } from '../../record/record.ts'
import type { FetchedBatch, PartitionReader, ReaderOptions } from '../log.ts'
import { readChunk } from './chunk.ts'
import type { Partition } from './partition.ts'
import type { LogStorage } from './storage.ts'

const defaultMaxBytes = 1024 * 1024

/** Reads a partition of an embedded log; a poll that finds nothing waits until the end that it may see moves. */
export class EmbeddedReader implements PartitionReader {
  readonly #storage: LogStorage
  readonly #options: ReaderOptions
  #position: number
  #closed = false
  #partition: Partition | undefined
  #stopWaiting: () => void = () => {}

  constructor(storage: LogStorage, options: ReaderOptions) {
    this.#storage = storage
    this.#options = options
    this.#position = options.offset
  }

  get position(): number {
    return this.#position
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch> {
    const { clock } = this.#storage
    const { isolation, maxBytes = defaultMaxBytes } = this.#options
    const deadlineMs = clock.nowMs() + maxWaitMs
    while (true) {
      this.#check()
      const partition = this.#storage.topics.partition(this.#options)
      this.#partition = partition
      partition.readers.add(this)
      const position = this.#position
      const { startOffset, highWatermark, lastStableOffset } = partition
      if (position < startOffset || position > highWatermark) throw this.#outOfRange(startOffset, highWatermark)
      const end = isolation === 'read-committed' ? lastStableOffset : highWatermark
      if (position < end) {
        const request = { partition, position, end, isolation, maxBytes }
        const { records, nextOffset } = await this.#storage.reading((db) => readChunk(db, request))
        this.#check()
        // A seek while the chunk was read: what it brought is not asked for any more.
        if (this.#position !== position) continue
        return this.#batch(records, nextOffset)
      }
      const leftMs = deadlineMs - clock.nowMs()
      if (leftMs <= 0) return this.#batch([], position)
      await this.#wait(leftMs)
    }
  }

  seek(offset: number): void {
    this.#position = offset
    this.#stopWaiting()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#partition?.readers.delete(this)
    this.#stopWaiting()
  }

  #batch(records: readonly LogRecord[], nextOffset: number): FetchedBatch {
    const { topic, partition, highWatermark, lastStableOffset } = this.#storage.topics.partition(this.#options)
    this.#position = nextOffset
    return { topic, partition, records, nextOffset, highWatermark, lastStableOffset }
  }

  /** Until something moves, or the time is over. */
  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        timer.cancel()
        offMove()
        offInterrupt()
        this.#stopWaiting = () => {}
        resolve()
      }
      const timer = this.#storage.clock.setTimeout(stop, waitMs)
      const offMove = this.#storage.topics.partition(this.#options).onMove(stop)
      const offInterrupt = this.#storage.onInterrupt(stop)
      this.#stopWaiting = stop
    })
  }

  #check(): void {
    if (this.#closed) throw new LogError('log-closed', 'the reader is closed: open another')
    this.#storage.check()
  }

  #outOfRange(startOffset: number, highWatermark: number): LogError {
    return new LogError(
      'offset-out-of-range',
      `${nameOf(this.#options)} holds offsets ${startOffset} to ${highWatermark}, not ${this.#position}: seek into them`,
      { startOffset },
    )
  }
}
