import type { DecisionValue } from '../decision-view.ts'

/** What the demo has seen so far. */
export interface Tally {
  sent: number
  decided: number
  readonly outcomes: Map<string, number>
  /** The newest last. */
  readonly flagged: DecisionValue[]
}

const kept = 6

export const emptyTally = (): Tally => ({ sent: 0, decided: 0, outcomes: new Map(), flagged: [] })

/** Counts a decision, and keeps it for a while when a rule fired. */
export function countDecision(tally: Tally, decision: DecisionValue): void {
  tally.decided++
  tally.outcomes.set(decision.outcome, (tally.outcomes.get(decision.outcome) ?? 0) + 1)
  if (decision.fired.length === 0) return
  tally.flagged.push(decision)
  if (tally.flagged.length > kept) tally.flagged.shift()
}

/** Events a second over the last few looks. */
export class Rate {
  readonly #looks: { readonly atMs: number; readonly count: number }[] = []

  /** Looks at a count that only grows. */
  look(atMs: number, count: number): number {
    this.#looks.push({ atMs, count })
    if (this.#looks.length > 10) this.#looks.shift()
    const first = this.#looks[0]!
    return atMs === first.atMs ? 0 : ((count - first.count) * 1_000) / (atMs - first.atMs)
  }
}
