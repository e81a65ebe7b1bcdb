import type { Prefetch, WindowStoreDef } from '../../state/stores.ts'
import type { Arrival } from './arrivals.ts'
import type { KeyedEvent } from './definition.ts'
import type { SequencePlan } from './plan.ts'
import { defaultMaxCandidates, placeKey } from './search.ts'

interface MatchPrefetch<E> {
  readonly event: KeyedEvent<E>
  readonly arrival: Arrival
  readonly ask: Prefetch
  /** True for an event that is long in the store: others of its millisecond may follow it, and are no candidates. */
  readonly isPast?: boolean
}

/** Asks for the entries that finding a match for this event will read. */
export function prefetchMatch<E>(
  plan: SequencePlan<E>,
  store: WindowStoreDef<E>,
  { event, arrival, ask, isPast = false }: MatchPrefetch<E>,
): void {
  const { def } = plan
  const { timeMs } = event
  // Of equal positions only the event's own copy, left by processing it before a crash, can be skipped; and one beyond tells `truncated`.
  const newest = (def.maxCandidates ?? defaultMaxCandidates) + 2
  const asked = new Set<string>()
  const fetch = (key: string, fromMs: number, toMs: number, limit?: number) => {
    const range = `${fromMs}-${toMs}-${limit ?? ''}-${key}`
    if (fromMs > toMs || asked.has(range)) return
    asked.add(range)
    if (limit === undefined) ask.fetch(store, key, fromMs, toMs)
    else ask.fetch(store, key, fromMs, toMs, limit)
  }

  for (const role of arrival.steps) {
    const { lookups, levels } = plan.roles[role]!
    for (const [step, lookup] of lookups.entries()) {
      if (step === role) continue
      const key = placeKey(lookup, event.key, { by: arrival.by, value: event.value })!
      if (def.anyOrder) fetch(key, timeMs - def.withinMs, timeMs + def.withinMs, newest)
      else if (step < role && isPast) {
        fetch(key, timeMs, timeMs)
        fetch(key, timeMs - def.withinMs, timeMs - 1, newest)
      } else if (step < role) fetch(key, timeMs - def.withinMs, timeMs, newest)
      else fetch(key, timeMs + 1, timeMs + def.withinMs, newest)
    }
    for (const { nots } of levels) {
      for (const not of nots) {
        const key = placeKey(not.lookup, event.key, { by: arrival.by, value: event.value })
        if (key === undefined) continue
        const isBefore = not.previous < role
        const lastMs = plan.steps.length - 1 === role ? timeMs : timeMs + def.withinMs
        const toMs =
          not.previous === plan.steps.length - 1 ? lastMs + not.forMs! : isBefore ? timeMs : timeMs + def.withinMs
        fetch(key, isBefore ? timeMs - def.withinMs : timeMs, toMs)
      }
    }
  }
}
