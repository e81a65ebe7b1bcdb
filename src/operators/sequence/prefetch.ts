import type { Prefetch, WindowStoreDef } from '../../state/stores.ts'
import type { Arrival } from './arrivals.ts'
import type { KeyShape } from './key-shapes.ts'
import type { SequencePlan } from './plan.ts'
import { defaultMaxCandidates } from './search.ts'

/** Entries that finding a match around an event reads, by times relative to the event's. */
interface Read<E> {
  readonly shape: KeyShape<E>
  readonly fromMs: number
  readonly toMs: number
  /** Only so many of the newest. */
  readonly newest: number | undefined
}

/** Knows which entries finding a match reads: worked out once for all events that fill the same steps. */
export class MatchReads<E> {
  readonly #plan: SequencePlan<E>
  readonly #store: WindowStoreDef<E>
  readonly #bySteps = new Map<readonly number[], readonly Read<E>[]>()
  readonly #past: readonly Read<E>[]

  constructor(plan: SequencePlan<E>, store: WindowStoreDef<E>) {
    this.#plan = plan
    this.#store = store
    this.#past = distinct(this.#readsAs(plan.def.steps.length - 1, true))
  }

  /** Asks for the entries that finding a match for this event will read. */
  prefetch(arrival: Arrival<E>, ask: Prefetch): void {
    const { steps } = arrival.fit
    let reads = this.#bySteps.get(steps)
    if (reads === undefined) {
      reads = distinct(steps.flatMap((role) => this.#readsAs(role, false)))
      this.#bySteps.set(steps, reads)
    }
    this.#ask(reads, arrival, ask)
  }

  /**
   * The same for the last step's event when it is long in the store: others of its millisecond may follow it, and are no
   * candidates.
   */
  prefetchPast(arrival: Arrival<E>, ask: Prefetch): void {
    this.#ask(this.#past, arrival, ask)
  }

  #ask(reads: readonly Read<E>[], arrival: Arrival<E>, ask: Prefetch): void {
    const { timeMs } = arrival.event
    const asking = { ask, store: this.#store }
    for (const { shape, fromMs, toMs, newest } of reads)
      arrival.ask(shape, { fromMs: timeMs + fromMs, toMs: timeMs + toMs, newest }, asking)
  }

  #readsAs(role: number, isPast: boolean): Read<E>[] {
    const { withinMs, anyOrder, maxCandidates = defaultMaxCandidates } = this.#plan.def
    const { lookups, levels } = this.#plan.roles[role]!
    const last = lookups.length - 1
    // Of equal positions only the event's own copy, left by processing it before a crash, can be skipped; and one beyond tells `truncated`.
    const newest = maxCandidates + 2
    const reads: Read<E>[] = []
    for (const [step, shape] of lookups.entries()) {
      if (step === role) continue
      if (anyOrder) reads.push({ shape, fromMs: -withinMs, toMs: withinMs, newest })
      else if (step < role && isPast) {
        reads.push({ shape, fromMs: 0, toMs: 0, newest: undefined }, { shape, fromMs: -withinMs, toMs: -1, newest })
      } else if (step < role) reads.push({ shape, fromMs: -withinMs, toMs: 0, newest })
      else reads.push({ shape, fromMs: 1, toMs: withinMs, newest })
    }
    for (const { lookup: shape, previous, forMs } of levels.flatMap(({ nots }) => nots)) {
      const isBefore = previous < role
      const lastMs = role === last ? 0 : withinMs
      const toMs = previous === last ? lastMs + forMs! : isBefore ? 0 : withinMs
      reads.push({ shape, fromMs: isBefore ? -withinMs : 0, toMs, newest: undefined })
    }
    return reads
  }
}

/** Without what is asked for twice, and without what holds nothing. */
function distinct<E>(reads: readonly Read<E>[]): readonly Read<E>[] {
  const byRange = new Map(
    reads.map((read) => [`${read.shape.id} ${read.fromMs} ${read.toMs} ${read.newest}`, read] as const),
  )
  return [...byRange.values()].filter(({ fromMs, toMs }) => fromMs <= toMs)
}
