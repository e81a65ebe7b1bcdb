import type { AggregateValue } from './definition.ts'
import { scales, toDouble, toFixed } from './exact.ts'
import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

/** Exact totals of a column between two places. */
export interface Totals {
  readonly count: number
  /** Values that are not finite: no sum can be told then. */
  readonly infinite: number
  readonly sum: bigint
  readonly squares: bigint
}

/** Totals, and in how many fraction bits they are. */
export interface ScaledTotals extends Totals {
  readonly bits: number
}

const nothing: Totals = { count: 0, infinite: 0, sum: 0n, squares: 0n }

/** The exact sum, rounded once; NaN when a value is not finite. */
export const sumIn = ({ sum, infinite, bits }: ScaledTotals): number =>
  infinite > 0 ? Number.NaN : toDouble(sum, bits)

/** Population variance, from the exact sums, rounded once. */
export function varianceIn({ count, infinite, sum, squares, bits }: ScaledTotals): number {
  if (infinite > 0) return Number.NaN
  const n = BigInt(count)
  return toDouble(n * squares - sum * sum, 2 * bits, n * n)
}

/** What features over numbers say of totals. */
export function sumOf(agg: 'sum' | 'avg' | 'stddev', totals: ScaledTotals): number | undefined {
  if (agg === 'sum') return sumIn(totals)
  if (totals.count === 0) return undefined
  return agg === 'avg' ? sumIn(totals) / totals.count : Math.sqrt(varianceIn(totals))
}

/** Totals of a few values, worked out at once. */
export function totalsOf(values: readonly AggregateValue[], withSquares: boolean): ScaledTotals {
  let scale = 0
  for (;;) {
    const totals = totalsIn(scales[scale]!, values, withSquares)
    if (totals !== undefined) return totals
    scale++
  }
}

/** The same in so many bits; `undefined` when a value has more. The last scale has enough for any. */
function totalsIn(bits: number, values: readonly AggregateValue[], withSquares: boolean): ScaledTotals | undefined {
  let count = 0
  let infinite = 0
  let sum = 0n
  let squares = 0n
  for (const value of values) {
    if (typeof value !== 'number') continue
    count++
    if (!Number.isFinite(value)) infinite++
    else {
      const fixed = toFixed(value, bits)
      if (fixed === undefined) return undefined
      sum += fixed
      if (withSquares) squares += fixed * fixed
    }
  }
  return { count, infinite, sum, squares, bits }
}

/** The first scale from this one on that holds the value. */
function scaleFor(value: AggregateValue | undefined, from: number): number {
  let scale = from
  if (typeof value === 'number' && Number.isFinite(value)) while (toFixed(value, scales[scale]!) === undefined) scale++
  return scale
}

function withValue(
  totals: Totals,
  value: AggregateValue | undefined,
  { bits, withSquares }: { readonly bits: number; readonly withSquares: boolean },
): Totals {
  if (typeof value !== 'number') return totals
  const { count, infinite, sum, squares } = totals
  if (!Number.isFinite(value)) return { count: count + 1, infinite: infinite + 1, sum, squares }
  const fixed = toFixed(value, bits)!
  return { count: count + 1, infinite, sum: sum + fixed, squares: withSquares ? squares + fixed * fixed : squares }
}

/**
 * Running exact totals of one column, so that those of any window are one subtraction. They are worked out when they are
 * asked for; an entry out of order makes those behind it, in its chunk and of later chunks, be worked out again.
 */
export class NumberSums implements ChunkIndex {
  readonly #log: WindowLog
  readonly #column: number
  readonly #withSquares: boolean
  /** Totals before each chunk, and in each chunk up to and including each entry; both as far as worked out. */
  #bases: Totals[] = [nothing]
  #within: Totals[][] = []
  #scale = 0

  constructor(log: WindowLog, { column, withSquares }: { readonly column: number; readonly withSquares: boolean }) {
    this.#log = log
    this.#column = column
    this.#withSquares = withSquares
    for (const { values } of log.chunks) for (const value of values[column]!) this.#scale = scaleFor(value, this.#scale)
    log.watch(this)
  }

  between(from: Position, to: Position): ScaledTotals {
    return { ...minus(this.#before(to), this.#before(from)), bits: scales[this.#scale]! }
  }

  changed({ chunk, index }: Position): void {
    const scale = scaleFor(this.#log.chunks[chunk]!.values[this.#column]![index], this.#scale)
    if (scale !== this.#scale) {
      this.#scale = scale
      this.#bases = [nothing]
      this.#within = []
    }
    this.#forget({ chunk, index })
  }

  split({ chunk, index }: Position): void {
    this.#forget({ chunk, index })
    if (this.#within.length > chunk + 1) this.#within.splice(chunk + 1, 0, [])
  }

  dropped(chunks: number): void {
    this.#within.splice(0, chunks)
    // Only differences count, so the remaining bases may keep what went before them.
    this.#bases.splice(0, chunks)
    if (this.#bases.length === 0) this.#bases = [nothing]
  }

  #forget({ chunk, index }: Position): void {
    const within = this.#within[chunk]
    if (within !== undefined && within.length > index) within.length = index
    if (this.#bases.length > chunk + 1) this.#bases.length = chunk + 1
  }

  #before({ chunk, index }: Position): Totals {
    for (let next = this.#bases.length; next <= chunk; next++) {
      const entries = this.#log.chunks[next - 1]!.timesMs.length
      this.#bases.push(plus(this.#bases[next - 1]!, this.#totalsOf(next - 1, entries)))
    }
    const base = this.#bases[chunk]!
    return index === 0 ? base : plus(base, this.#totalsOf(chunk, index))
  }

  /** Totals of the first `entries` (at least one) of a chunk. */
  #totalsOf(chunk: number, entries: number): Totals {
    this.#within[chunk] ??= []
    const within = this.#within[chunk]
    const values = this.#log.chunks[chunk]!.values[this.#column]!
    const as = { bits: scales[this.#scale]!, withSquares: this.#withSquares }
    let totals = within.at(-1) ?? nothing
    for (let at = within.length; at < entries; at++) {
      totals = withValue(totals, values[at], as)
      within.push(totals)
    }
    return within[entries - 1]!
  }
}

const plus = (a: Totals, b: Totals): Totals => ({
  count: a.count + b.count,
  infinite: a.infinite + b.infinite,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
})

const minus = (a: Totals, b: Totals): Totals => ({
  count: a.count - b.count,
  infinite: a.infinite - b.infinite,
  sum: a.sum - b.sum,
  squares: a.squares - b.squares,
})
