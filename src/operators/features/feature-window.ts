import type { History } from '../../state/stores.ts'
import type { AggregateValue } from './definition.ts'
import { FewEntries } from './few-entries.ts'
import { ManyEntries } from './many-entries.ts'
import type { AggregatePlan, FeaturePlan } from './plan.ts'
import type { ColumnValues } from './values-serde.ts'

/** Of a full chunk: as many entries are still few. */
const fewPart = 4

/** All features of one key, over entries in memory. */
export class FeatureWindow<E> implements History<ColumnValues> {
  readonly #plan: AggregatePlan<E>
  #entries: FewEntries | ManyEntries
  /** The highest offset held, or higher; -1 without entries. */
  lastOffset = -1

  constructor(plan: AggregatePlan<E>) {
    this.#plan = plan
    this.#entries = new FewEntries(plan.columns.length)
  }

  get heldBytes(): number {
    return this.#entries.heldBytes
  }

  add(timeMs: number, offset: number, values: ColumnValues): void {
    const { chunkEntries, columns } = this.#plan
    if (offset > this.lastOffset) this.lastOffset = offset
    const entries = this.#entries
    if (entries instanceof ManyEntries) entries.log.add(timeMs, offset, values)
    else {
      entries.add(timeMs, offset, values)
      if (entries.size > chunkEntries / fewPart) this.#take(new ManyEntries(columns.length, chunkEntries))
    }
  }

  keepAfter(offset: number): boolean {
    const kept = this.#where((other) => other > offset)
    if (kept.#size === this.#size) return false
    this.#entries = kept.#entries
    return true
  }

  /** Without the entries from this offset on. */
  before(offset: number): FeatureWindow<E> {
    return this.#where((other) => other < offset)
  }

  /** Lets go entries before `timeMs`, when there are enough of them. */
  prune(timeMs: number): void {
    const entries = this.#entries
    if (entries instanceof FewEntries) return entries.prune(timeMs)
    entries.log.prune(timeMs)
    const { columns, chunkEntries } = this.#plan
    if (entries.log.size < chunkEntries / fewPart / 2) this.#take(new FewEntries(columns.length))
  }

  /** Writes the values of some features for an event at `timeMs`; absent ones are left out. */
  read(timeMs: number, features: readonly FeaturePlan<E>[], into: Record<string, AggregateValue>): void {
    for (const plan of features) {
      const value = this.#entries.valueOf(plan, timeMs - plan.fromMs, timeMs - plan.toMs + 1)
      if (value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) into[plan.feature.name] = value
    }
  }

  get #size(): number {
    return this.#entries instanceof FewEntries ? this.#entries.size : this.#entries.log.size
  }

  /** Goes on with the same entries held otherwise. */
  #take(other: FewEntries | ManyEntries): void {
    const to = other instanceof FewEntries ? other : other.log
    this.#each((timeMs, offset, values) => to.add(timeMs, offset, values))
    this.#entries = other
  }

  #where(isKept: (offset: number) => boolean): FeatureWindow<E> {
    const kept = new FeatureWindow(this.#plan)
    this.#each((timeMs, offset, values) => {
      if (isKept(offset)) kept.add(timeMs, offset, values)
    })
    return kept
  }

  #each(take: (timeMs: number, offset: number, values: ColumnValues) => void): void {
    const entries = this.#entries
    if (entries instanceof ManyEntries) return entries.log.each(take)
    for (let n = 0; n < entries.size; n++) take(entries.timeAt(n), entries.offsetAt(n), entries.valuesAt(n))
  }
}
