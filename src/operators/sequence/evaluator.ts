import type { Prefetch, StoreDef, StoreOf, WindowStore } from '../../state/stores.ts'
import { arrivalOf } from './arrivals.ts'
import type {
  KeyedEvent,
  MatchedStep,
  SequenceDef,
  SequenceEvent,
  SequenceOutcome,
  SequenceStores,
} from './definition.ts'
import { compareRecency } from './order.ts'
import { type Place, planSequence, type SequencePlan } from './plan.ts'
import { prefetchMatch } from './prefetch.ts'
import { MatchSearch, placeKey } from './search.ts'
import { ownStores } from './stores.ts'
import { validateSequence } from './validate.ts'

/** What an evaluator needs of the task: its stores. */
export interface StoreAccess {
  store<D extends StoreDef<never>>(def: D): StoreOf<D>
}

/** A sequence ready for use: by the `sequence` operator, or by an operator that evaluates many at once. */
export interface SequenceEvaluator<E> {
  readonly stores: SequenceStores<E>
  /** Asks for what `process` will read for this event. */
  prefetch(event: KeyedEvent<E>, ask: Prefetch): void
  /** The sequence's work in one task. */
  open(access: StoreAccess): SequenceTask<E>
}

export interface SequenceTask<E> {
  /**
   * Takes an event that is not late, and keeps it for later ones.
   * @param streamTimeMs the partition's stream time, this event included
   */
  process(event: KeyedEvent<E>, streamTimeMs: number): SequenceOutcome<E>
}

const nothing: SequenceOutcome<never> = { match: undefined, truncated: false }

/** Makes a sequence ready for use. @throws TopologyError when the definition contradicts itself */
export function evaluateSequence<E>(def: SequenceDef<E>): SequenceEvaluator<E> {
  validateSequence(def)
  const plan = planSequence(def)
  const stores = def.stores ?? ownStores(def)
  return {
    stores,
    prefetch(event, ask) {
      const arrival = arrivalOf(plan, event)
      if (arrival !== undefined) prefetchMatch(plan, stores.events, { event, arrival, ask })
    },
    open: (access) => new StoredSequence(plan, access.store(stores.events)),
  }
}

class StoredSequence<E> implements SequenceTask<E> {
  readonly #plan: SequencePlan<E>
  readonly #events: WindowStore<E>
  readonly #search: MatchSearch<E>

  constructor(plan: SequencePlan<E>, events: WindowStore<E>) {
    this.#plan = plan
    this.#events = events
    this.#search = new MatchSearch(plan, events)
  }

  process(event: KeyedEvent<E>, streamTimeMs: number): SequenceOutcome<E> {
    const arrival = arrivalOf(this.#plan, event)
    if (arrival === undefined) return nothing
    const outcome = this.#match(event, { ...arrival, streamTimeMs })
    for (const step of arrival.steps) this.#keep(this.#plan.steps[step]!, event, arrival.by)
    for (const not of arrival.nots) this.#keep(this.#plan.nots[not]!, event, arrival.by)
    return outcome
  }

  #match(
    event: KeyedEvent<E>,
    {
      by,
      steps,
      streamTimeMs,
    }: { readonly by: string; readonly steps: readonly number[]; readonly streamTimeMs: number },
  ): SequenceOutcome<E> {
    const { def, roles } = this.#plan
    let best: readonly SequenceEvent<E>[] | undefined
    let arriving = 0
    let truncated = false
    for (const step of steps) {
      // Nothing is known to be later than stream time, so an event at stream time can only be the last one.
      if (!def.anyOrder && event.timeMs >= streamTimeMs && step < roles.length - 1) continue
      const found = this.#search.find({ role: roles[step]!, event, key: event.key, by, knownOffset: event.offset })
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

  #keep(place: Place<E>, { key, timeMs, offset, value }: KeyedEvent<E>, by: string): void {
    for (const copy of place.copies) this.#events.put(placeKey(copy, key, { by, value })!, { timeMs, offset, value })
  }
}
