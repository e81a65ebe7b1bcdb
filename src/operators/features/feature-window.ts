import type { AggregateValue, FeatureValues } from './definition.ts'
import { DistinctValues } from './distinct-values.ts'
import { Extremes } from './extremes.ts'
import { NumberSums } from './number-sums.ts'
import type { AggregatePlan, FeaturePlan } from './plan.ts'
import type { ColumnValues } from './values-serde.ts'
import { type Position, WindowLog } from './window-log.ts'

/** All features of one key, over entries in memory. */
export class FeatureWindow<E> {
  readonly log: WindowLog
  readonly #plan: AggregatePlan<E>
  readonly #sums: (NumberSums | undefined)[]
  readonly #extremes: (Extremes | undefined)[]
  /** By feature: each has a window of its own. */
  readonly #distinct: (DistinctValues | undefined)[]

  constructor(plan: AggregatePlan<E>) {
    const log = new WindowLog(plan.columns.length, plan.chunkEntries)
    const needs = (column: number, ...aggs: readonly string[]) =>
      plan.features.some((one) => one.column === column && aggs.includes(one.feature.agg))
    this.log = log
    this.#plan = plan
    this.#sums = plan.columns.map((_, column) =>
      needs(column, 'sum', 'avg', 'stddev')
        ? new NumberSums(log, { column, withSquares: needs(column, 'stddev') })
        : undefined,
    )
    this.#extremes = plan.columns.map((_, column) =>
      needs(column, 'min', 'max') ? new Extremes(log, column) : undefined,
    )
    this.#distinct = plan.features.map(({ feature, column }) =>
      feature.agg === 'distinct' ? new DistinctValues(log, column) : undefined,
    )
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
    { feature, column }: FeaturePlan<E>,
    { index, fromMs, endMs }: { readonly index: number; readonly fromMs: number; readonly endMs: number },
  ): AggregateValue | undefined {
    if (feature.agg === 'distinct') return this.#distinct[index]!.between(fromMs, endMs)
    const from = this.log.seek(fromMs)
    const to = this.log.seek(endMs)
    switch (feature.agg) {
      case 'count':
        return this.log.count(from, to)
      case 'first':
        return this.#firstOf(column, from, to)
      case 'last':
        return this.#lastOf(column, from, to)
      case 'min':
      case 'max':
        return this.#extremes[column]!.between(from, to)?.[feature.agg]
      default:
        return sumOf(feature.agg, this.#sums[column]!, { from, to })
    }
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

function sumOf(
  agg: 'sum' | 'avg' | 'stddev',
  sums: NumberSums,
  { from, to }: { readonly from: Position; readonly to: Position },
): number | undefined {
  const totals = sums.between(from, to)
  if (agg === 'sum') return sums.sum(totals)
  if (totals.count === 0) return undefined
  return agg === 'avg' ? sums.sum(totals) / totals.count : Math.sqrt(sums.variance(totals))
}
