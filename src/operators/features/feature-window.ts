import type { AggregateValue, FeatureValues } from './definition.ts'
import { countDistinct, DistinctValues } from './distinct-values.ts'
import { Extremes, rangeOf } from './extremes.ts'
import { NumberSums, type ScaledTotals, sumIn, totalsOf, varianceIn } from './number-sums.ts'
import type { AggregatePlan, FeaturePlan } from './plan.ts'
import type { ColumnValues } from './values-serde.ts'
import { type Position, WindowLog } from './window-log.ts'

/** Of a full chunk: in a window with no more entries the values are looked at one by one. Most keys have no other. */
const shortPart = 4

/** All features of one key, over entries in memory. */
export class FeatureWindow<E> {
  readonly log: WindowLog
  readonly #plan: AggregatePlan<E>
  readonly #shortEntries: number
  /** What is worked out for long windows; made when it is asked for. By column, the last by feature: each has a window of its own. */
  #sums: (NumberSums | undefined)[] | undefined
  #extremes: (Extremes | undefined)[] | undefined
  #distinct: (DistinctValues | undefined)[] | undefined

  constructor(plan: AggregatePlan<E>) {
    this.log = new WindowLog(plan.columns.length, plan.chunkEntries)
    this.#plan = plan
    this.#shortEntries = plan.chunkEntries / shortPart
  }

  add(timeMs: number, offset: number, values: ColumnValues): void {
    this.log.add(timeMs, offset, values)
  }

  /** Writes the values of some features for an event at `timeMs`; absent ones are left out. */
  read(
    timeMs: number,
    which: (feature: FeaturePlan<E>) => boolean,
    into: Record<string, AggregateValue>,
  ): FeatureValues {
    for (const [index, plan] of this.#plan.features.entries()) {
      if (!which(plan)) continue
      const value = this.#valueOf(plan, { index, fromMs: timeMs - plan.fromMs, endMs: timeMs - plan.toMs + 1 })
      if (value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) into[plan.feature.name] = value
    }
    return into
  }

  #valueOf(
    { feature: { agg }, column, withSquares }: FeaturePlan<E>,
    { index, fromMs, endMs }: { readonly index: number; readonly fromMs: number; readonly endMs: number },
  ): AggregateValue | undefined {
    const { log } = this
    const isShort = log.size <= this.#shortEntries
    if (agg === 'distinct' && !isShort) {
      this.#distinct ??= []
      this.#distinct[index] ??= new DistinctValues(log, column)
      return this.#distinct[index].between(fromMs, endMs)
    }
    const from = log.seek(fromMs)
    const to = log.seek(endMs)
    switch (agg) {
      case 'count':
        return log.count(from, to)
      case 'first':
        return this.#firstOf(column, from, to)
      case 'last':
        return this.#lastOf(column, from, to)
      case 'distinct':
        return countDistinct(log.values(column, from, to))
      case 'min':
      case 'max':
        return (isShort ? rangeOf(log.values(column, from, to)) : this.#extremesOf(column).between(from, to))?.[agg]
      default:
        return sumOf(
          agg,
          isShort
            ? totalsOf(log.values(column, from, to), withSquares)
            : this.#sumsOf(column, withSquares).between(from, to),
        )
    }
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
    let { chunk, index } = from
    for (; chunk < to.chunk || (chunk === to.chunk && index < to.index); chunk++, index = 0) {
      const values = this.log.chunks[chunk]!.values[column]!
      const end = chunk === to.chunk ? to.index : values.length
      for (; index < end; index++) if (values[index] !== undefined) return values[index]
    }
    return undefined
  }

  #lastOf(column: number, from: Position, to: Position): AggregateValue | undefined {
    for (let chunk = to.chunk; chunk >= from.chunk; chunk--) {
      const values = this.log.chunks[chunk]?.values[column] ?? []
      const start = chunk === from.chunk ? from.index : 0
      for (let at = (chunk === to.chunk ? to.index : values.length) - 1; at >= start; at--) {
        if (values[at] !== undefined) return values[at]
      }
    }
    return undefined
  }
}

function sumOf(agg: 'sum' | 'avg' | 'stddev', totals: ScaledTotals): number | undefined {
  if (agg === 'sum') return sumIn(totals)
  if (totals.count === 0) return undefined
  return agg === 'avg' ? sumIn(totals) / totals.count : Math.sqrt(varianceIn(totals))
}
