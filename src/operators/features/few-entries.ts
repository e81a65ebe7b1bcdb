import type { AggregateValue } from './definition.ts'
import { countDistinct } from './distinct-values.ts'
import { rangeOf } from './extremes.ts'
import { sumOf, totalsOf } from './number-sums.ts'
import type { FeaturePlan } from './plan.ts'

/** Before the columns of an entry: its time, counted from the base, and its offset. */
const ownCells = 2
// Estimates: this object with its list, and a cell with the number or text that it may point to.
const emptyBytes = 150
const cellBytes = 20

/**
 * Few entries of one key in (time, offset) order, in one flat list: most keys never have more. Values are looked at one by one, and
 * nothing is kept beside them. Times are counted from the first entry's, so that most are small numbers, which lie in the list itself.
 */
export class FewEntries {
  readonly #cells: (AggregateValue | undefined)[] = []
  readonly #width: number
  #baseMs = 0

  constructor(columns: number) {
    this.#width = ownCells + columns
  }

  get size(): number {
    return this.#cells.length / this.#width
  }

  get heldBytes(): number {
    return emptyBytes + cellBytes * this.#cells.length
  }

  timeAt(index: number): number {
    return this.#baseMs + (this.#cells[index * this.#width] as number)
  }

  offsetAt(index: number): number {
    return this.#cells[index * this.#width + 1] as number
  }

  valuesAt(index: number): readonly (AggregateValue | undefined)[] {
    const at = index * this.#width
    return this.#cells.slice(at + ownCells, at + this.#width)
  }

  /** Adds an entry; one that is there already changes nothing. */
  add(timeMs: number, offset: number, values: readonly (AggregateValue | undefined)[]): void {
    let index = this.size
    while (index > 0 && this.#isAfter(index - 1, timeMs, offset)) index--
    if (index > 0 && this.timeAt(index - 1) === timeMs && this.offsetAt(index - 1) === offset) return
    if (this.#cells.length === 0) this.#baseMs = timeMs
    else if (!Number.isSafeInteger(timeMs - this.#baseMs)) this.#countFromZero()
    const cells = this.#cells
    if (index === this.size) {
      cells.push(timeMs - this.#baseMs, offset)
      for (let column = 0; column < values.length; column++) cells.push(values[column])
    } else cells.splice(index * this.#width, 0, timeMs - this.#baseMs, offset, ...values)
  }

  /** Lets go what is before `timeMs`, once it is the larger part. */
  prune(timeMs: number): void {
    const past = this.#countBefore(timeMs)
    if (past > this.size / 2) this.#cells.splice(0, past * this.#width)
  }

  /** The feature's value over `fromMs <= time < endMs`. */
  valueOf({ feature: { agg }, column, withSquares }: FeaturePlan<never>, fromMs: number, endMs: number) {
    const end = this.#countBefore(endMs)
    let from = end
    while (from > 0 && this.timeAt(from - 1) >= fromMs) from--
    switch (agg) {
      case 'count':
        return column < 0 ? end - from : this.#valuesIn(column, from, end).length
      case 'first':
        return this.#firstIn(column, from, end)
      case 'last':
        return this.#lastIn(column, from, end)
      case 'distinct':
        return countDistinct(this.#valuesIn(column, from, end))
      case 'min':
      case 'max':
        return rangeOf(this.#valuesIn(column, from, end))?.[agg]
      default:
        return sumOf(agg, totalsOf(this.#valuesIn(column, from, end), withSquares))
    }
  }

  /** How many entries are before `timeMs`; most often all are. */
  #countBefore(timeMs: number): number {
    let count = this.size
    while (count > 0 && this.timeAt(count - 1) >= timeMs) count--
    return count
  }

  #isAfter(index: number, timeMs: number, offset: number): boolean {
    const ms = this.timeAt(index)
    return ms > timeMs || (ms === timeMs && this.offsetAt(index) > offset)
  }

  #cellOf(column: number, index: number): AggregateValue | undefined {
    return this.#cells[index * this.#width + ownCells + column]
  }

  #firstIn(column: number, from: number, end: number): AggregateValue | undefined {
    for (let index = from; index < end; index++) {
      const value = this.#cellOf(column, index)
      if (value !== undefined) return value
    }
    return undefined
  }

  #lastIn(column: number, from: number, end: number): AggregateValue | undefined {
    for (let index = end - 1; index >= from; index--) {
      const value = this.#cellOf(column, index)
      if (value !== undefined) return value
    }
    return undefined
  }

  #valuesIn(column: number, from: number, end: number): AggregateValue[] {
    const values: AggregateValue[] = []
    for (let index = from; index < end; index++) {
      const value = this.#cellOf(column, index)
      if (value !== undefined) values.push(value)
    }
    return values
  }

  /** For times so far apart that their difference is not exact. */
  #countFromZero(): void {
    for (let at = 0; at < this.#cells.length; at += this.#width)
      this.#cells[at] = this.#baseMs + (this.#cells[at] as number)
    this.#baseMs = 0
  }
}
