import type { PartitionReader } from '../log/log.ts'
import type { LogRecord } from '../record/record.ts'
import type { TaskParts } from './generation.ts'
import { isTrimmed } from './restore-changelog.ts'

const pollMs = 100

/** Reads a partition from the first record that the log still has, in slices and only as far as it is told. */
export class HistoryReader {
  /** Where the log began when this was opened. */
  readonly from: number
  readonly #reader: PartitionReader
  #fetched: readonly LogRecord[] = []
  #fetchedTo: number

  private constructor(reader: PartitionReader, from: number, position: number) {
    this.from = from
    this.#reader = reader
    this.#fetchedTo = position
  }

  /** Goes on at `position`, or where the log begins if that is later. */
  static async open(
    { log, source, limits }: Pick<TaskParts, 'log' | 'source' | 'limits'>,
    position: number,
  ): Promise<HistoryReader> {
    const from = await log.startOffset(source)
    const offset = Math.max(position, from)
    const { maxBytes } = limits
    const reader = await log.openReader({ ...source, offset, isolation: 'read-committed', maxBytes })
    return new HistoryReader(reader, from, offset)
  }

  /** The offset of what `next` gives next, or of what is not read yet. */
  get position(): number {
    return this.#fetched[0]?.offset ?? this.#fetchedTo
  }

  /** The next records below `end`, so many at most. */
  async next(end: number, atMost: number): Promise<readonly LogRecord[]> {
    if (this.#fetched.length === 0) await this.#fetch()
    const beyond = this.#fetched.findIndex(({ offset }) => offset >= end)
    const count = Math.min(beyond === -1 ? this.#fetched.length : beyond, atMost)
    const records = this.#fetched.slice(0, count)
    this.#fetched = this.#fetched.slice(count)
    return records
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  /** What the log has deleted meanwhile is behind us: it is as if that had never been there. */
  async #fetch(): Promise<void> {
    try {
      const { records, nextOffset } = await this.#reader.poll(pollMs)
      this.#fetched = records
      this.#fetchedTo = nextOffset
    } catch (error) {
      const startOffset = isTrimmed(error) ? error.startOffset : undefined
      if (startOffset === undefined) throw error
      this.#reader.seek(startOffset)
      this.#fetchedTo = startOffset
    }
  }
}
