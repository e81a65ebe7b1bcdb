import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

export interface Range {
  readonly min: number
  readonly max: number
}

/** A level's ranges; `null` for one without numbers, `undefined` for one not worked out. */
type Level = (Range | null | undefined)[]

/** Items of one level that one item of the next sums up, as a power of two. */
const fanOutBits = 4
const levels = 4

/**
 * The smallest and largest number of a column in a window, from a tree over the chunks; only at the window's ends are entries
 * looked at. New entries widen what is worked out already; dropping and splitting chunks has it worked out again.
 */
export class Extremes implements ChunkIndex {
  readonly #log: WindowLog
  readonly #column: number
  readonly #levels: Level[] = Array.from({ length: levels }, () => [])

  constructor(log: WindowLog, column: number) {
    this.#log = log
    this.#column = column
    log.watch(this)
  }

  /** `undefined` when no entry of the window has a number; NaN when one of them is NaN. */
  between(from: Position, to: Position): Range | undefined {
    if (from.chunk === to.chunk) return this.#scan(from.chunk, from.index, to.index) ?? undefined
    let range: Range | null = null
    let chunk = from.chunk
    if (from.index > 0) range = this.#scan(chunk++, from.index, Number.POSITIVE_INFINITY)
    while (chunk < to.chunk) {
      let level = 0
      while (level + 1 < levels && isAligned(chunk, level + 1) && chunk + span(level + 1) <= to.chunk) level++
      range = union(range, this.#at(level, chunk >> (level * fanOutBits)))
      chunk += span(level)
    }
    return union(range, this.#scan(to.chunk, 0, to.index)) ?? undefined
  }

  changed({ chunk, index }: Position): void {
    const value = this.#log.chunks[chunk]!.values[this.#column]![index]
    if (typeof value !== 'number') return
    for (const [level, ranges] of this.#levels.entries()) {
      const at = chunk >> (level * fanOutBits)
      const range = ranges[at]
      if (range !== undefined) ranges[at] = union(range, { min: value, max: value })
    }
  }

  split({ chunk }: Position): void {
    this.#forget(chunk)
  }

  dropped(): void {
    this.#forget(0)
  }

  #forget(fromChunk: number): void {
    for (const [level, ranges] of this.#levels.entries()) {
      ranges.length = Math.min(ranges.length, fromChunk >> (level * fanOutBits))
    }
  }

  #at(level: number, index: number): Range | null {
    const ranges = this.#levels[level]!
    const known = ranges[index]
    if (known !== undefined) return known
    let range: Range | null = null
    if (level === 0) range = this.#scan(index, 0, Number.POSITIVE_INFINITY)
    else {
      const first = index << fanOutBits
      for (let at = first; at < first + (1 << fanOutBits); at++) range = union(range, this.#at(level - 1, at))
    }
    ranges[index] = range
    return range
  }

  #scan(chunk: number, start: number, end: number): Range | null {
    const values = this.#log.chunks[chunk]?.values[this.#column] ?? []
    let range: { min: number; max: number } | null = null
    const stop = Math.min(end, values.length)
    for (let at = start; at < stop; at++) {
      const value = values[at]
      if (typeof value !== 'number') continue
      if (range === null) range = { min: value, max: value }
      else if (value < range.min) range.min = value
      else if (value > range.max) range.max = value
      else if (Number.isNaN(value)) range.min = range.max = value
    }
    return range
  }
}

const span = (level: number): number => 1 << (level * fanOutBits)
const isAligned = (chunk: number, level: number): boolean => (chunk & (span(level) - 1)) === 0

const union = (a: Range | null, b: Range | null): Range | null =>
  a === null || b === null ? (a ?? b) : { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
