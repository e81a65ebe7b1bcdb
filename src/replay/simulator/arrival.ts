import type { SimulatedEvent } from './event.ts'
import type { SimulationPlan } from './options.ts'
import { Random } from './random.ts'

interface Arriving {
  readonly event: SimulatedEvent
  readonly atMs: number
}

/**
 * Brings events out of order and sends some twice. Delays are whole milliseconds from 1 to `disorder.maxMs`. A late
 * arrival waits for the day it arrives on, so memory holds one day's events and what is under way.
 */
export class Arrivals {
  readonly #plan: SimulationPlan
  readonly #random: Random
  #underWay: Arriving[] = []

  constructor(plan: SimulationPlan) {
    this.#plan = plan
    this.#random = new Random(plan.seed, 'arrivals')
  }

  /** What arrives before `untilMs`, in order of arrival, of the events given now and before. */
  *take(events: Iterable<SimulatedEvent>, untilMs: number): Generator<SimulatedEvent> {
    const { disorder, duplicates } = this.#plan
    for (const event of events) {
      const delayed = event.kind === 'business' && this.#random.chance(disorder.share)
      const atMs = event.timeMs + (delayed ? this.#delayMs() : 0)
      this.#underWay.push({ event, atMs })
      if (this.#random.chance(duplicates)) this.#underWay.push({ event: copyOf(event), atMs: atMs + this.#delayMs() })
    }
    // The sort is stable: what arrives in the same millisecond keeps its order, a row change before its event.
    this.#underWay.sort((a, b) => a.atMs - b.atMs)
    const end = this.#underWay.findIndex(({ atMs }) => atMs >= untilMs)
    const arrived = end < 0 ? this.#underWay : this.#underWay.slice(0, end)
    this.#underWay = end < 0 ? [] : this.#underWay.slice(end)
    for (const { event } of arrived) yield event
  }

  #delayMs(): number {
    return 1 + this.#random.below(this.#plan.disorder.maxMs)
  }
}

/** The same event without its label: one transaction counts once. */
function copyOf(event: SimulatedEvent): SimulatedEvent {
  const { label: _, ...copy } = event
  return copy
}
