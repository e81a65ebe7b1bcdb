import type { Prefetch, WindowStore } from '../../state/stores.ts'
import type { StreamTimeMove } from '../../topology/operator.ts'
import { Arrival } from './arrivals.ts'
import { Candidates } from './candidates.ts'
import type { KeyedEvent, OverdueMatch, SequenceEvent, SequenceStores, Waiting } from './definition.ts'
import { comparePositions } from './order.ts'
import type { SequencePlan } from './plan.ts'
import type { MatchReads } from './prefetch.ts'
import { defaultMaxCandidates, type MatchSearch } from './search.ts'
import { compositeKey } from './typed-key.ts'

const none: readonly never[] = []

const dueKey = (name: string): string => compositeKey(['due', name])
const firedKey = (name: string, key: string, by: string): string => compositeKey(['fired', name, key, by])

/** Asks for the events that fall due when stream time goes from `fromMs` to `toMs`. */
export function prefetchDue<E>(plan: SequencePlan<E>, stores: SequenceStores<E>, due: DueRange): void {
  due.ask.fetch(stores.waiting, dueKey(plan.def.name), due.fromMs, due.toMs - 1)
}

export interface DueRange {
  readonly fromMs: number
  readonly toMs: number
  readonly ask: Prefetch
}

/** Asks for what the matches of the events that fall due will read, once those events can be read themselves. */
export function prefetchOverdue<E>(
  plan: SequencePlan<E>,
  reads: MatchReads<E>,
  { fromMs, toMs, ask, waiting }: DueRange & { readonly waiting: WindowStore<Waiting<E>> },
): void {
  for (const arrival of dueArrivals(plan, waiting, { fromMs, toMs })) reads.prefetchPast(arrival, ask)
}

/** Asks for which later events have fired already: an event that comes out of order may complete a match of another. */
export function prefetchFired<E>(
  plan: SequencePlan<E>,
  stores: SequenceStores<E>,
  { arrival, ask }: { readonly arrival: Arrival<E>; readonly ask: Prefetch },
): void {
  const { event, fit, by } = arrival
  if (plan.def.withinMs === 0 || !fit.steps.some((step) => step < plan.def.steps.length - 1)) return
  const key = firedKey(plan.def.name, event.key, by)
  ask.fetch(stores.waiting, key, event.timeMs + 1, event.timeMs + plan.def.withinMs)
}

/** The last named events that fall due, as they arrived. */
function* dueArrivals<E>(
  { def, trailingMs, unfit }: SequencePlan<E>,
  waiting: WindowStore<Waiting<E>>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Generator<Arrival<E>> {
  const fit = unfit.with(def.steps.length - 1)
  for (const { timeMs, offset, value } of waiting.fetch(dueKey(def.name), fromMs, toMs - 1)) {
    const event = { key: value.key, timeMs: timeMs - trailingMs!, offset, value: value.value }
    yield new Arrival(event, def.by === undefined ? '' : def.by(event)!, fit)
  }
}

/**
 * The trailing `not` in one task. Every last named event waits until stream time exceeds its due time; only then is its
 * match sought, among all events known by then. It fires once at most.
 */
export class TrailingNot<E> {
  readonly #plan: SequencePlan<E>
  readonly #events: WindowStore<E>
  readonly #waiting: WindowStore<Waiting<E>>
  readonly #search: MatchSearch<E>
  readonly #lastStep: number
  /** Matches that the record in hand completed after their due time. */
  #completed: OverdueMatch<E>[] = []

  constructor(
    plan: SequencePlan<E>,
    stores: { readonly events: WindowStore<E>; readonly waiting: WindowStore<Waiting<E>> },
    search: MatchSearch<E>,
  ) {
    this.#plan = plan
    this.#events = stores.events
    this.#waiting = stores.waiting
    this.#search = search
    this.#lastStep = plan.def.steps.length - 1
  }

  /** Takes an event that is about to be kept. True when it met `maxCandidates`. */
  arrive(arrival: Arrival<E>, streamTimeMs: number): boolean {
    let truncated = false
    for (const step of arrival.fit.steps) {
      if (step === this.#lastStep) this.#arriveLast(arrival, streamTimeMs)
      else if (arrival.event.timeMs < streamTimeMs && this.#completeLater(arrival, step, streamTimeMs)) truncated = true
    }
    return truncated
  }

  /** What fires at this record, by due time, then offset. */
  advance({ fromMs, toMs, offset }: StreamTimeMove): readonly OverdueMatch<E>[] {
    const fired = this.#completed
    this.#completed = []
    const role = this.#plan.roles[this.#lastStep]!
    if (toMs > fromMs) {
      // Firing writes to the store that this reads: read first.
      for (const arrival of [...dueArrivals(this.#plan, this.#waiting, { fromMs, toMs })]) {
        const found = this.#search.find({ role, arrival, knownOffset: offset })
        const match = this.#fire(arrival.event, { by: arrival.by, found, offset })
        if (match !== undefined) fired.push(match)
      }
    }
    return fired.length === 0 ? none : fired.sort((a, b) => a.dueMs - b.dueMs || comparePositions(a.event, b.event))
  }

  #arriveLast(arrival: Arrival<E>, streamTimeMs: number): void {
    const { event, by } = arrival
    const { key, offset } = event
    const dueMs = event.timeMs + this.#plan.trailingMs!
    if (dueMs >= streamTimeMs) {
      const value = { key, value: event.value }
      this.#waiting.put(dueKey(this.#plan.def.name), { timeMs: dueMs, offset, value })
      return
    }
    const found = this.#search.find({ role: this.#plan.roles[this.#lastStep]!, arrival, knownOffset: offset })
    const match = this.#fire(event, { by, found, offset })
    if (match !== undefined) this.#completed.push(match)
  }

  /** Fires for later events that were due without a match until this one came. */
  #completeLater(arrival: Arrival<E>, step: number, streamTimeMs: number): boolean {
    const { def, roles, trailingMs } = this.#plan
    const { event, by } = arrival
    const { key, offset } = event
    const role = roles[step]!
    const fromMs = event.timeMs + 1
    const toMs = Math.min(event.timeMs + def.withinMs, streamTimeMs - trailingMs! - 1)
    if (fromMs > toMs) return false
    const candidates = new Candidates({
      entries: arrival.rowsIn(this.#events, role.lookups[this.#lastStep]!)!.backwardFetch(fromMs, toMs),
      arriving: event,
      isBefore: false,
      knownOffset: offset,
      limit: def.maxCandidates ?? defaultMaxCandidates,
    })
    for (let index = 0; ; index++) {
      const last = candidates.at(index)
      if (last === undefined) return candidates.cut
      if (this.#hasFired(last, { key, by, offset })) continue
      const found = this.#search.find({ role, arrival, last, knownOffset: offset })
      const match = this.#fire({ ...last, key }, { by, found, offset })
      if (match !== undefined) this.#completed.push(match)
    }
  }

  /** Having fired at the record in hand does not count: it is processed again after a crash. */
  #hasFired(
    { timeMs, offset: lastOffset }: SequenceEvent<E>,
    { key, by, offset }: { readonly key: string; readonly by: string; readonly offset: number },
  ): boolean {
    for (const fired of this.#waiting.fetch(firedKey(this.#plan.def.name, key, by), timeMs, timeMs)) {
      if (fired.offset === lastOffset) return fired.value.firedAt! < offset
    }
    return false
  }

  #fire(
    event: KeyedEvent<E>,
    {
      by,
      found,
      offset,
    }: { readonly by: string; readonly found: ReturnType<MatchSearch<E>['find']>; readonly offset: number },
  ): OverdueMatch<E> | undefined {
    if (found.events === undefined) return undefined
    const { def, trailingMs } = this.#plan
    const mark = { key: event.key, value: event.value, firedAt: offset }
    this.#waiting.put(firedKey(def.name, event.key, by), { timeMs: event.timeMs, offset: event.offset, value: mark })
    return {
      steps: found.events.map((chosen, step) => ({ name: def.steps[step]!.name, event: chosen })),
      arriving: def.steps[this.#lastStep]!.name,
      truncated: found.truncated,
      event: { key: event.key, timeMs: event.timeMs, offset: event.offset, value: event.value },
      dueMs: event.timeMs + trailingMs!,
    }
  }
}
