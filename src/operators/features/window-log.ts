import type { AggregateValue } from './definition.ts'

/** A place between entries: before entry `index` of a chunk. The end is (number of chunks, 0). */
export interface Position {
  readonly chunk: number
  readonly index: number
}

/** Entries next to each other in (time, offset) order, column by column. */
export interface Chunk {
  readonly timesMs: number[]
  readonly offsets: number[]
  /** One array a column; an entry without a value has `undefined`. */
  readonly values: (AggregateValue | undefined)[][]
}

/** What is remembered about chunks, and must hear of changes. */
export interface ChunkIndex {
  /** An entry was put in at this place. */
  changed(at: Position): void
  /** Entries from `index` on moved to a new chunk behind. */
  split(at: Position): void
  /** The first `chunks` chunks are gone, with entries up to `lastMs`. */
  dropped(chunks: number, lastMs: number): void
}

/** First index whose item is not below, by a test that is true for a prefix of the items. */
export function firstNot(length: number, isBelow: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBelow(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** Fewer than this part of a full chunk are not worth a split. */
const leastPart = 8

/**
 * The entries of one key in memory, ordered by (time, offset), in chunks. Appending is constant, an entry out of order costs
 * a chunk, finding a place is logarithmic.
 */
export class WindowLog {
  readonly chunks: Chunk[] = []
  readonly #columns: number
  readonly #chunkEntries: number
  readonly #indexes: ChunkIndex[] = []
  /** Entries before each chunk, as far as known. */
  #starts: number[] = [0]
  size = 0

  constructor(columns: number, chunkEntries: number) {
    this.#columns = columns
    this.#chunkEntries = chunkEntries
  }

  watch(index: ChunkIndex): void {
    this.#indexes.push(index)
  }

  get end(): Position {
    return { chunk: this.chunks.length, index: 0 }
  }

  /** Adds an entry; one that is there already changes nothing. True when it was added. */
  add(timeMs: number, offset: number, values: readonly (AggregateValue | undefined)[]): boolean {
    const { chunks } = this
    let at = firstNot(chunks.length, (n) => isBefore(chunks[n]!, chunks[n]!.timesMs.length - 1, timeMs, offset))
    if (at === chunks.length)
      at = chunks.length > 0 && chunks[at - 1]!.timesMs.length < this.#chunkEntries ? at - 1 : this.#newChunk()
    else if (chunks[at]!.timesMs.length >= this.#chunkEntries) {
      this.#split(at, chunks[at]!.timesMs.length >> 1)
      if (isBefore(chunks[at]!, chunks[at]!.timesMs.length - 1, timeMs, offset)) at++
    }
    const chunk = chunks[at]!
    const index = firstNot(chunk.timesMs.length, (n) => isBefore(chunk, n, timeMs, offset))
    if (chunk.timesMs[index] === timeMs && chunk.offsets[index] === offset) return false
    insert(chunk.timesMs, index, timeMs)
    insert(chunk.offsets, index, offset)
    for (let column = 0; column < this.#columns; column++) insert(chunk.values[column]!, index, values[column])
    this.#starts.length = Math.min(this.#starts.length, at + 1)
    for (const watching of this.#indexes) watching.changed({ chunk: at, index })
    this.size++
    return true
  }

  /** The place of the first entry at or after `timeMs`. */
  seek(timeMs: number): Position {
    const { chunks } = this
    const chunk = firstNot(chunks.length, (n) => chunks[n]!.timesMs.at(-1)! < timeMs)
    if (chunk === chunks.length) return this.end
    const { timesMs } = chunks[chunk]!
    return { chunk, index: firstNot(timesMs.length, (n) => timesMs[n]! < timeMs) }
  }

  /** All entries in their order. */
  each(take: (timeMs: number, offset: number, values: readonly (AggregateValue | undefined)[]) => void): void {
    for (const { timesMs, offsets, values } of this.chunks) {
      for (const [n, timeMs] of timesMs.entries())
        take(
          timeMs,
          offsets[n]!,
          values.map((column) => column[n]),
        )
    }
  }

  /** Number of entries from one place to a later one. */
  count(from: Position, to: Position): number {
    const starts = this.#starts
    for (let chunk = starts.length; chunk <= to.chunk; chunk++) {
      starts.push(starts[chunk - 1]! + this.chunks[chunk - 1]!.timesMs.length)
    }
    return starts[to.chunk]! + to.index - starts[from.chunk]! - from.index
  }

  /**
   * Drops whole chunks that end before `timeMs`: cheap, and enough where there are many. Of the last chunk that is left the part
   * before `timeMs` goes, too, once it is the larger one: most keys have but one, and would keep what is long past until it is full.
   */
  prune(timeMs: number): void {
    const { chunks } = this
    let old = 0
    while (old < chunks.length && chunks[old]!.timesMs.at(-1)! < timeMs) this.size -= chunks[old++]!.timesMs.length
    if (old === chunks.length - 1) {
      const { timesMs } = chunks[old]!
      const past = firstNot(timesMs.length, (n) => timesMs[n]! < timeMs)
      if (past >= Math.max(timesMs.length / 2, this.#chunkEntries / leastPart)) {
        this.#split(old++, past)
        this.size -= past
      }
    }
    if (old === 0) return
    const lastMs = chunks[old - 1]!.timesMs.at(-1)!
    chunks.splice(0, old)
    this.#starts = [0]
    for (const watching of this.#indexes) watching.dropped(old, lastMs)
  }

  #newChunk(): number {
    this.chunks.push({ timesMs: [], offsets: [], values: Array.from({ length: this.#columns }, () => []) })
    return this.chunks.length - 1
  }

  #split(at: number, index: number): void {
    const { timesMs, offsets, values } = this.chunks[at]!
    this.chunks.splice(at + 1, 0, {
      timesMs: timesMs.splice(index),
      offsets: offsets.splice(index),
      values: values.map((column) => column.splice(index)),
    })
    this.#starts.length = Math.min(this.#starts.length, at + 1)
    for (const watching of this.#indexes) watching.split({ chunk: at, index })
  }
}

const isBefore = (chunk: Chunk, index: number, timeMs: number, offset: number): boolean => {
  const time = chunk.timesMs[index]!
  return time < timeMs || (time === timeMs && chunk.offsets[index]! < offset)
}

function insert<T>(array: T[], index: number, value: T): void {
  if (index === array.length) array.push(value)
  else array.splice(index, 0, value)
}
