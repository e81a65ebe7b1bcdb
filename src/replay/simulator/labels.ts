import type { FraudScenario, SimulatedEvent } from './event.ts'

/** What became known about a transaction, and when: frauds come to light a week later, as the handbook assumes. */
export interface TransactionLabel {
  readonly id: string
  readonly key: string
  readonly fraud: boolean
  readonly scenario?: FraudScenario
  /** Event time plus seven days. */
  readonly knownAtMs: number
}

const feedbackDelayMs = 7 * 86_400_000

/** The label of one event; `undefined` for what is no card transaction, and for copies sent again. */
export function labelOf({ id, key, timeMs, label }: SimulatedEvent): TransactionLabel | undefined {
  if (label === undefined) return undefined
  return { id, key, ...label, knownAtMs: timeMs + feedbackDelayMs }
}

/** The labels of the card transactions among the events, one each, in their order. */
export function* labelsOf(events: Iterable<SimulatedEvent>): Generator<TransactionLabel> {
  for (const event of events) {
    const label = labelOf(event)
    if (label !== undefined) yield label
  }
}
