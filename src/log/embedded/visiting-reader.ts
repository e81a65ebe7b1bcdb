import { LogError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { FetchedBatch, PartitionReader, ReaderOptions } from '../log.ts'
import type { Access, AccessSource } from './access.ts'

/** Keeps its position while the log goes from one owner to the next: there a reader is opened at that position. */
export class VisitingReader implements PartitionReader {
  readonly #log: AccessSource
  readonly #options: ReaderOptions
  readonly #clock: Clock
  readonly #ended = Promise.withResolvers<never>()
  #position: number
  #seeks = 0
  #closed = false
  #opened: { readonly access: Access; readonly reader: PartitionReader } | undefined

  constructor(log: AccessSource, options: ReaderOptions, clock: Clock) {
    this.#log = log
    this.#options = options
    this.#clock = clock
    this.#position = options.offset
    this.#ended.promise.catch(() => {})
  }

  get position(): number {
    return this.#position
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch> {
    const deadlineMs = this.#clock.nowMs() + maxWaitMs
    for (let leftMs = maxWaitMs; ; leftMs = Math.max(0, deadlineMs - this.#clock.nowMs())) {
      if (this.#closed) throw closedError()
      // Whoever closes the reader need not wait until an owner is found.
      const access = this.#opened?.access ?? (await Promise.race([this.#log.access(), this.#ended.promise]))
      try {
        const reader = await this.#readerAt(access)
        const seeks = this.#seeks
        const batch = await reader.poll(leftMs)
        if (seeks === this.#seeks) {
          this.#position = batch.nextOffset
          return batch
        }
        // The batch may be of before or after the seek: it is asked for again.
        reader.seek(this.#position)
      } catch (error) {
        if (this.#closed) throw closedError()
        if (this.#log.lost(access, error) === undefined) throw error
        this.#opened = undefined
      }
    }
  }

  seek(offset: number): void {
    this.#position = offset
    this.#seeks++
    this.#opened?.reader.seek(offset)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#ended.reject(closedError())
    await this.#opened?.reader.close()
  }

  async #readerAt(access: Access): Promise<PartitionReader> {
    if (this.#opened !== undefined) return this.#opened.reader
    const seeks = this.#seeks
    const reader = await access.openReader({ ...this.#options, offset: this.#position })
    this.#opened = { access, reader }
    if (this.#closed) await reader.close()
    if (seeks !== this.#seeks) reader.seek(this.#position)
    return reader
  }
}

const closedError = (): LogError => new LogError('log-closed', 'the reader is closed: open another')
