import type { Known } from './oracle.ts'
import { type Comparison, comparisonHolds, ownHolds, type Shape, type TraceEvent } from './shapes.ts'

export interface BoundedOutcome {
  readonly match: readonly number[] | undefined
  readonly truncated: boolean
}

/** What a sequence of two steps does when it may look at `maxCandidates` events only. */
export class BoundedOracle {
  readonly #shape: Shape
  readonly #known: Known[] = []
  #streamTimeMs = -1

  constructor(shape: Shape) {
    this.#shape = shape
  }

  apply(event: TraceEvent, offset: number): BoundedOutcome {
    this.#streamTimeMs = Math.max(this.#streamTimeMs, event.timeMs)
    if (event.type === 'tick' || event.timeMs < this.#streamTimeMs - this.#shape.graceMs)
      return { match: undefined, truncated: false }
    const arriving = { ...event, offset }
    const outcomes = [0, 1].map((role) => this.#lookBack(arriving, role))
    this.#known.push(arriving)
    const matches = outcomes.flatMap(({ match }) => (match === undefined ? [] : [match]))
    matches.sort((a, b) => newestFirst(a[1]!, b[1]!) || newestFirst(a[0]!, b[0]!))
    return { match: matches[0]?.map((one) => one.offset), truncated: outcomes.some(({ truncated }) => truncated) }
  }

  #lookBack(arriving: Known, role: number): { readonly match: Known[] | undefined; readonly truncated: boolean } {
    const { steps, by, maxCandidates } = this.#shape
    if (!ownHolds(steps[role]!, arriving) || (by && arriving.by === undefined))
      return { match: undefined, truncated: false }
    const pair = (other: Known): Known[] => (role === 0 ? [arriving, other] : [other, arriving])
    const all = (comparisons: readonly Comparison[], [a, b]: readonly Known[]) =>
      comparisons.every((comparison) => comparisonHolds(comparison, b!, a!))
    const { joint } = steps[1]!
    const isIndexed = ({ op }: Comparison) => this.#shape.indexed && op === '=='
    const candidates = this.#known
      .filter(
        (other) => ownHolds(steps[1 - role]!, other) && other.key === arriving.key && (!by || other.by === arriving.by),
      )
      .filter((other) => this.#isInPlace(pair(other)))
      .filter((other) => all(joint.filter(isIndexed), pair(other)))
      .sort(newestFirst)
    const found = candidates.slice(0, maxCandidates).find((other) => all(joint, pair(other)))
    return { match: found && pair(found), truncated: found === undefined && candidates.length > maxCandidates }
  }

  #isInPlace([a, b]: readonly Known[]): boolean {
    if (Math.abs(a!.timeMs - b!.timeMs) > this.#shape.withinMs) return false
    return this.#shape.anyOrder || newestFirst(a!, b!) > 0
  }
}

const newestFirst = (a: Known, b: Known): number => b.timeMs - a.timeMs || b.offset - a.offset
