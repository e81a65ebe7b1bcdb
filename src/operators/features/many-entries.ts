import type { AggregateValue } from './definition.ts'
import { DistinctValues } from './distinct-values.ts'
import { Extremes } from './extremes.ts'
import { NumberSums, sumOf } from './number-sums.ts'
import type { FeaturePlan } from './plan.ts'
import { PresentValues } from './present-values.ts'
import { type Position, WindowLog } from './window-log.ts'

// Estimates: the objects beside the entries, an entry's cells, and what is worked out for each.
const emptyBytes = 1_000
const cellBytes = 12
const workedOutBytes = 150

/** Many entries of one key, with what is worked out so that features of a long window need not look at all of them. */
export class ManyEntries {
  readonly log: WindowLog
  readonly #entryBytes: number
  /** Made when it is asked for. By column, the last by feature: each has a window of its own. */
  #present: (PresentValues | undefined)[] | undefined
  #sums: (NumberSums | undefined)[] | undefined
  #extremes: (Extremes | undefined)[] | undefined
  #distinct: (DistinctValues | undefined)[] | undefined

  constructor(columns: number, chunkEntries: number) {
    this.log = new WindowLog(columns, chunkEntries)
    this.#entryBytes = cellBytes * (2 + columns)
  }

  get heldBytes(): number {
    const worked = (this.#sums?.length ?? 0) + (this.#distinct?.length ?? 0)
    return emptyBytes + this.log.size * (this.#entryBytes + workedOutBytes * worked)
  }

  /** The feature's value over `fromMs <= time < endMs`. */
  valueOf(
    { feature: { agg }, column, withSquares, index }: FeaturePlan<never>,
    fromMs: number,
    endMs: number,
  ): AggregateValue | undefined {
    if (agg === 'distinct') return this.#distinctOf(index, column).between(fromMs, endMs)
    const { log } = this
    const from = log.seek(fromMs)
    const to = log.seek(endMs)
    switch (agg) {
      case 'count':
        return column < 0 ? log.count(from, to) : this.#presentIn(column).count(from, to)
      case 'first':
        return this.#firstOf(column, from, to)
      case 'last':
        return this.#lastOf(column, from, to)
      case 'min':
      case 'max':
        return this.#extremesOf(column).between(from, to)?.[agg]
      default:
        return sumOf(agg, this.#sumsOf(column, withSquares).between(from, to))
    }
  }

  #presentIn(column: number): PresentValues {
    this.#present ??= []
    this.#present[column] ??= new PresentValues(this.log, column)
    return this.#present[column]
  }

  #distinctOf(index: number, column: number): DistinctValues {
    this.#distinct ??= []
    this.#distinct[index] ??= new DistinctValues(this.log, column)
    return this.#distinct[index]
  }

  #extremesOf(column: number): Extremes {
    this.#extremes ??= []
    this.#extremes[column] ??= new Extremes(this.log, column)
    return this.#extremes[column]
  }

  #sumsOf(column: number, withSquares: boolean): NumberSums {
    this.#sums ??= []
    this.#sums[column] ??= new NumberSums(this.log, { column, withSquares })
    return this.#sums[column]
  }

  #firstOf(column: number, from: Position, to: Position): AggregateValue | undefined {
    const present = this.#presentIn(column)
    let { chunk, index } = from
    for (; chunk < to.chunk || (chunk === to.chunk && index < to.index); chunk++, index = 0) {
      const values = this.log.chunks[chunk]!.values[column]!
      if (present.in(chunk) === 0) continue
      const end = chunk === to.chunk ? to.index : values.length
      for (; index < end; index++) if (values[index] !== undefined) return values[index]
    }
    return undefined
  }

  #lastOf(column: number, from: Position, to: Position): AggregateValue | undefined {
    const present = this.#presentIn(column)
    for (let chunk = to.chunk; chunk >= from.chunk; chunk--) {
      const values = this.log.chunks[chunk]?.values[column] ?? []
      if (values.length === 0 || present.in(chunk) === 0) continue
      const start = chunk === from.chunk ? from.index : 0
      for (let at = (chunk === to.chunk ? to.index : values.length) - 1; at >= start; at--) {
        if (values[at] !== undefined) return values[at]
      }
    }
    return undefined
  }
}
