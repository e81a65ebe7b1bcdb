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

const nothing: Totals = { count: 0, infinite: 0, sum: 0n, squares: 0n }

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
    log.watch(this)
  }

  get #bits(): number {
    return scales[this.#scale]!
  }

  /** The exact sum of a window, rounded once. */
  sum({ sum, infinite }: Totals): number {
    return infinite > 0 ? Number.NaN : toDouble(sum, this.#bits)
  }

  /** Population variance of a window, from the exact sums, rounded once. */
  variance({ count, infinite, sum, squares }: Totals): number {
    if (infinite > 0) return Number.NaN
    const n = BigInt(count)
    return toDouble(n * squares - sum * sum, 2 * this.#bits, n * n)
  }

  between(from: Position, to: Position): Totals {
    return minus(this.#before(to), this.#before(from))
  }

  changed({ chunk, index }: Position): void {
    const value = this.#log.chunks[chunk]!.values[this.#column]![index]
    if (typeof value === 'number' && Number.isFinite(value) && toFixed(value, this.#bits) === undefined) {
      while (toFixed(value, this.#bits) === undefined) this.#scale++
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
    let totals = within.at(-1) ?? nothing
    for (let at = within.length; at < entries; at++) {
      totals = this.#withValue(totals, values[at])
      within.push(totals)
    }
    return within[entries - 1]!
  }

  #withValue(totals: Totals, value: AggregateValue | undefined): Totals {
    if (typeof value !== 'number') return totals
    const { count, infinite, sum, squares } = totals
    if (!Number.isFinite(value)) return { count: count + 1, infinite: infinite + 1, sum, squares }
    const fixed = toFixed(value, this.#bits)!
    return {
      count: count + 1,
      infinite,
      sum: sum + fixed,
      squares: this.#withSquares ? squares + fixed * fixed : squares,
    }
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
