import type { AggregateValue } from './definition.ts'
import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

/** So many values are compared with each other sooner than put into a set. */
const mostCompared = 8

/** How many different values there are. NaN equals nothing, itself included. */
export function countDistinct(values: readonly AggregateValue[]): number {
  if (values.length > mostCompared) return new Set(values.filter((value) => !Number.isNaN(value))).size
  let count = 0
  for (const [at, value] of values.entries()) if (!Number.isNaN(value) && values.indexOf(value) === at) count++
  return count
}

/**
 * How many different values of a column a window holds: a count of each value, kept up as the window moves. What moves
 * in and out is counted once, so an event in order costs as much as it moves; one out of order moves the window back.
 */
export class DistinctValues implements ChunkIndex {
  readonly #log: WindowLog
  readonly #column: number
  readonly #counts = new Map<AggregateValue, number>()
  /** The window counted, from (inclusive) to (exclusive) in time. */
  #fromMs = 0
  #endMs = 0

  constructor(log: WindowLog, column: number) {
    this.#log = log
    this.#column = column
    log.watch(this)
  }

  /** Different values with `fromMs <= time < endMs`. */
  between(fromMs: number, endMs: number): number {
    if (fromMs >= this.#endMs || endMs <= this.#fromMs) {
      this.#counts.clear()
      this.#fromMs = this.#endMs = fromMs
    }
    this.#move(this.#endMs, endMs, 1)
    this.#move(this.#fromMs, fromMs, -1)
    this.#fromMs = fromMs
    this.#endMs = endMs
    return this.#counts.size
  }

  changed({ chunk, index }: Position): void {
    const { timesMs, values } = this.#log.chunks[chunk]!
    const timeMs = timesMs[index]!
    if (this.#fromMs <= timeMs && timeMs < this.#endMs) this.#count(values[this.#column]![index], 1)
  }

  split(): void {}

  /** Counting starts anew when the window has not left behind what is dropped. */
  dropped(_chunks: number, lastMs: number): void {
    if (lastMs < this.#fromMs) return
    this.#counts.clear()
    this.#fromMs = this.#endMs = 0
  }

  /** Counts what lies between two bounds, or the other way round takes it away. */
  #move(oldMs: number, newMs: number, sign: 1 | -1): void {
    const [fromMs, endMs, by] = oldMs <= newMs ? [oldMs, newMs, sign] : [newMs, oldMs, -sign]
    const to = this.#log.seek(endMs)
    for (
      let { chunk, index } = this.#log.seek(fromMs);
      chunk < to.chunk || (chunk === to.chunk && index < to.index);
    ) {
      const column = this.#log.chunks[chunk]!.values[this.#column]!
      const end = chunk === to.chunk ? to.index : column.length
      for (; index < end; index++) this.#count(column[index], by)
      chunk++
      index = 0
    }
  }

  #count(value: AggregateValue | undefined, by: number): void {
    // NaN equals nothing, itself included.
    if (value === undefined || Number.isNaN(value)) return
    const count = (this.#counts.get(value) ?? 0) + by
    if (count === 0) this.#counts.delete(value)
    else this.#counts.set(value, count)
  }
}
