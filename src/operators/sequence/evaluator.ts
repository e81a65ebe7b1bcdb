import type { Prefetch, StoreDef, StoreOf, WindowStore } from '../../state/stores.ts'
import type { PunctuateRange, StreamTimeMove } from '../../topology/operator.ts'
import { Awaited } from '../awaited.ts'
import { type Arrival, arrivalOf } from './arrivals.ts'
import type {
  KeyedEvent,
  MatchedStep,
  OverdueMatch,
  SequenceDef,
  SequenceEvent,
  SequenceOutcome,
  SequenceStores,
} from './definition.ts'
import { compareRecency } from './order.ts'
import { planSequence, type SequencePlan } from './plan.ts'
import { MatchReads } from './prefetch.ts'
import { MatchSearch } from './search.ts'
import { ownStores } from './stores.ts'
import { prefetchDue, prefetchFired, prefetchOverdue, TrailingNot } from './trailing.ts'
import { validateSequence } from './validate.ts'

/** What an evaluator needs of the task: its stores. */
export interface StoreAccess {
  store<D extends StoreDef<never>>(def: D): StoreOf<D>
}

/** A sequence ready for use: by the `sequence` operator, or by an operator that evaluates many at once. */
export interface SequenceEvaluator<E> {
  readonly stores: SequenceStores<E>
  /** True when it ends in a `not`: then it waits for stream time, and `prefetchPunctuate` and `advance` have work to do. */
  readonly trailing: boolean
  /** Asks for what `process` will read for this event. */
  prefetch(event: KeyedEvent<E>, ask: Prefetch): void
  /**
   * Asks for what `advance` will read: in the first round which events fall due when stream time goes from `fromMs` (before the
   * batch) to at most `toMs` in it, in the second what their matches will read.
   */
  prefetchPunctuate(range: PunctuateRange, access: StoreAccess, ask: Prefetch): void
  /** The sequence's work in one task. */
  open(access: StoreAccess): SequenceTask<E>
}

export interface SequenceTask<E> {
  /** The same as the evaluator's; `process` then knows already what the event is in the sequence. */
  prefetch(event: KeyedEvent<E>, ask: Prefetch): void
  /**
   * Takes an event that is not late, and keeps it for later ones.
   * @param streamTimeMs the partition's stream time, this event included
   */
  process(event: KeyedEvent<E>, streamTimeMs: number): SequenceOutcome<E>
  /**
   * What fires after a trailing `not` at a record, by due time, then offset. Call it after `process` for every record of the
   * partition, also those that are no event here: any of them may move stream time.
   */
  advance(move: StreamTimeMove): readonly OverdueMatch<E>[]
}

const none: readonly never[] = []
const nothing: SequenceOutcome<never> = { match: undefined, truncated: false }

/** Makes a sequence ready for use. @throws TopologyError when the definition contradicts itself */
export function evaluateSequence<E>(def: SequenceDef<E>): SequenceEvaluator<E> {
  validateSequence(def)
  const plan = planSequence(def)
  const stores = def.stores ?? ownStores(def)
  const trailing = plan.trailingMs !== undefined
  const reads = new MatchReads(plan, stores.events)
  const prefetch = (arrival: Arrival<E>, ask: Prefetch): void => {
    reads.prefetch(arrival, ask)
    if (trailing) prefetchFired(plan, stores, { arrival, ask })
  }
  return {
    stores,
    trailing,
    prefetch(event, ask) {
      const arrival = arrivalOf(plan, event)
      if (arrival !== undefined) prefetch(arrival, ask)
    },
    prefetchPunctuate({ fromMs, toMs, round }, access, ask) {
      if (!trailing || toMs <= fromMs) return
      if (round === 1) prefetchDue(plan, stores, { fromMs, toMs, ask })
      else prefetchOverdue(plan, reads, { fromMs, toMs, ask, waiting: access.store(stores.waiting) })
    },
    open: (access) => new StoredSequence(plan, { stores, access, prefetch }),
  }
}

interface SequenceParts<E> {
  readonly stores: SequenceStores<E>
  readonly access: StoreAccess
  readonly prefetch: (arrival: Arrival<E>, ask: Prefetch) => void
}

class StoredSequence<E> implements SequenceTask<E> {
  readonly #plan: SequencePlan<E>
  readonly #prefetch: SequenceParts<E>['prefetch']
  /** What was prefetched. */
  readonly #arrivals = new Awaited<Arrival<E>>()
  readonly #events: WindowStore<E>
  readonly #search: MatchSearch<E>
  readonly #trailing: TrailingNot<E> | undefined

  constructor(plan: SequencePlan<E>, { stores, access, prefetch }: SequenceParts<E>) {
    const events = access.store(stores.events)
    this.#plan = plan
    this.#prefetch = prefetch
    this.#events = events
    this.#search = new MatchSearch(plan, events)
    if (plan.trailingMs === undefined) return
    this.#trailing = new TrailingNot(plan, { events, waiting: access.store(stores.waiting) }, this.#search)
  }

  prefetch(event: KeyedEvent<E>, ask: Prefetch): void {
    const arrival = arrivalOf(this.#plan, event)
    if (arrival === undefined) return
    this.#arrivals.add(arrival)
    this.#prefetch(arrival, ask)
  }

  process(event: KeyedEvent<E>, streamTimeMs: number): SequenceOutcome<E> {
    const prefetched = this.#arrivals.take(event.offset)
    const arrival = prefetched?.event.value === event.value ? prefetched : arrivalOf(this.#plan, event)
    if (arrival === undefined) return nothing
    const outcome =
      this.#trailing === undefined
        ? this.#match(arrival, streamTimeMs)
        : { match: undefined, truncated: this.#trailing.arrive(arrival, streamTimeMs) }
    for (const shape of arrival.fit.copies) arrival.rowsIn(this.#events, shape)!.put(event)
    return outcome
  }

  advance(move: StreamTimeMove): readonly OverdueMatch<E>[] {
    return this.#trailing === undefined ? none : this.#trailing.advance(move)
  }

  #match(arrival: Arrival<E>, streamTimeMs: number): SequenceOutcome<E> {
    const { def, roles } = this.#plan
    const { event, fit } = arrival
    let best: readonly SequenceEvent<E>[] | undefined
    let arriving = 0
    let truncated = false
    for (const step of fit.steps) {
      // Nothing is known to be later than stream time, so an event at stream time can only be the last one.
      if (!def.anyOrder && event.timeMs >= streamTimeMs && step < roles.length - 1) continue
      const found = this.#search.find({ role: roles[step]!, arrival, knownOffset: event.offset })
      truncated ||= found.truncated
      if (found.events === undefined || (best !== undefined && compareRecency(found.events, best) <= 0)) continue
      best = found.events
      arriving = step
    }
    if (best === undefined) return truncated ? { match: undefined, truncated } : nothing
    const names = def.steps.map((step) => step.name)
    const matched = best.map((chosen, step): MatchedStep<E> => ({ name: names[step]!, event: chosen }))
    return { match: { steps: matched, arriving: names[arriving]!, truncated }, truncated }
  }
}
