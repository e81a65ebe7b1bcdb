import type { AggregateValue } from './definition.ts'
import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

export interface Range {
  readonly min: number
  readonly max: number
}

/** `undefined` without a number; NaN when one of them is NaN. */
export function rangeOf(values: readonly (AggregateValue | undefined)[]): Range | undefined {
  const range = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
  widenBy(range, values, 0, values.length)
  return isEmpty(range) ? undefined : range
}

type Mutable = { -readonly [side in keyof Range]: Range[side] }

/** A level's ranges, as far as worked out; one without numbers has its smallest above its largest. */
type Level = (Mutable | undefined)[]

/** Items of one level that one item of the next sums up, as a power of two. */
const fanOutBits = 4
const levels = 4

/**
 * The smallest and largest number of a column in a window, from a tree over the chunks; only at the window's ends are entries
 * looked at. New entries widen what is worked out already; dropping and splitting chunks has part of it worked out again.
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
    const range = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
    let chunk = from.chunk
    if (chunk === to.chunk) this.#scan(range, chunk, from.index, to.index)
    else {
      if (from.index > 0) this.#scan(range, chunk++, from.index)
      while (chunk < to.chunk) {
        let level = 0
        while (level + 1 < levels && isAligned(chunk, level + 1) && chunk + span(level + 1) <= to.chunk) level++
        widen(range, this.#at(level, chunk >> (level * fanOutBits)))
        chunk += span(level)
      }
      this.#scan(range, to.chunk, 0, to.index)
    }
    return isEmpty(range) ? undefined : range
  }

  changed({ chunk, index }: Position): void {
    const value = this.#log.chunks[chunk]!.values[this.#column]![index]
    if (typeof value !== 'number') return
    for (const [level, ranges] of this.#levels.entries()) {
      const at = chunk >> (level * fanOutBits)
      const range = ranges[at]
      if (range !== undefined) widen(range, { min: value, max: value })
    }
  }

  split({ chunk }: Position): void {
    this.#forget(chunk)
  }

  dropped(chunks: number): void {
    const [lowest, ...above] = this.#levels
    lowest!.splice(0, chunks)
    // These sum up other chunks now; from the lowest level that is soon done.
    for (const ranges of above) ranges.length = 0
  }

  #forget(fromChunk: number): void {
    for (const [level, ranges] of this.#levels.entries()) {
      ranges.length = Math.min(ranges.length, fromChunk >> (level * fanOutBits))
    }
  }

  #at(level: number, index: number): Range {
    const ranges = this.#levels[level]!
    const known = ranges[index]
    if (known !== undefined) return known
    const range = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
    if (level === 0) this.#scan(range, index, 0)
    else {
      const first = index << fanOutBits
      for (let at = first; at < first + (1 << fanOutBits); at++) widen(range, this.#at(level - 1, at))
    }
    ranges[index] = range
    return range
  }

  #scan(range: Mutable, chunk: number, start: number, end = Number.POSITIVE_INFINITY): void {
    const values = this.#log.chunks[chunk]?.values[this.#column] ?? []
    widenBy(range, values, start, Math.min(end, values.length))
  }
}

function widenBy(range: Mutable, values: readonly (AggregateValue | undefined)[], start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const value = values[at]
    if (typeof value !== 'number') continue
    if (value < range.min) range.min = value
    if (value > range.max) range.max = value
    if (Number.isNaN(value)) range.min = range.max = value
  }
}

const span = (level: number): number => 1 << (level * fanOutBits)
const isAligned = (chunk: number, level: number): boolean => (chunk & (span(level) - 1)) === 0
const isEmpty = ({ min, max }: Range): boolean => min > max

/** NaN stays, once it is there. */
function widen(range: Mutable, { min, max }: Range): void {
  range.min = Math.min(range.min, min)
  range.max = Math.max(range.max, max)
}
