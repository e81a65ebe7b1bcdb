import { comparisonHolds, type NotShape, ownHolds, type Shape, type TraceEvent } from './shapes.ts'

export interface Known extends TraceEvent {
  readonly offset: number
}

/** What a record did: offsets by step of the match at its own event, and of those that fired after a trailing `not`. */
export interface Fired {
  readonly match: readonly number[] | undefined
  readonly overdue: readonly (readonly number[])[]
}

/**
 * The definition, read literally: at each record, all combinations of all events seen so far are tried. Slow on purpose, and
 * shares nothing with the operator but the meaning of a single comparison.
 */
export class Oracle {
  readonly #shape: Shape
  readonly #known: Known[] = []
  readonly #fired = new Set<number>()
  #streamTimeMs = -1

  constructor(shape: Shape) {
    this.#shape = shape
  }

  apply(event: TraceEvent, offset: number): Fired {
    const { graceMs, nots, steps } = this.#shape
    this.#streamTimeMs = Math.max(this.#streamTimeMs, event.timeMs)
    const arriving = { ...event, offset }
    const applied = event.type !== 'tick' && event.timeMs >= this.#streamTimeMs - graceMs
    if (applied) this.#known.push(arriving)
    const trailing = nots.filter(({ after }) => after === steps.length - 1).map(({ forMs }) => forMs!)
    if (trailing.length > 0) return { match: undefined, overdue: this.#overdue(Math.max(...trailing)) }
    const matches = applied ? this.#matches().filter((match) => match.includes(arriving)) : []
    return { match: mostRecent(matches)?.map((one) => one.offset), overdue: [] }
  }

  #overdue(forMs: number): number[][] {
    const matches = this.#matches()
    const due = this.#known
      .filter((last) => last.timeMs + forMs < this.#streamTimeMs && !this.#fired.has(last.offset))
      .sort((a, b) => a.timeMs - b.timeMs || a.offset - b.offset)
    return due.flatMap((last) => {
      const match = mostRecent(matches.filter((one) => one.at(-1) === last))
      if (match === undefined) return []
      this.#fired.add(last.offset)
      return [match.map((one) => one.offset)]
    })
  }

  #matches(): Known[][] {
    let partial: Known[][] = [[]]
    for (const step of this.#shape.steps) {
      const own = this.#known.filter((event) => ownHolds(step, event) && (!this.#shape.by || event.by !== undefined))
      partial = partial.flatMap((match) =>
        own
          .filter((event) => match.every((other) => other.key === event.key && other.offset !== event.offset))
          .filter((event) => !this.#shape.by || match.every((other) => other.by === event.by))
          .filter((event) => step.joint.every((joint) => comparisonHolds(joint, event, match[joint.step]!)))
          .map((event) => [...match, event]),
      )
    }
    return partial.filter(
      (match) => this.#isInTime(match) && this.#shape.nots.every((not) => this.#isAbsent(not, match)),
    )
  }

  #isInTime(match: readonly Known[]): boolean {
    const times = match.map((event) => event.timeMs)
    if (Math.max(...times) - Math.min(...times) > this.#shape.withinMs) return false
    if (this.#shape.anyOrder) return true
    return match.every((event, at) => {
      const next = match[at + 1]
      return (
        next === undefined || event.timeMs < next.timeMs || (event.timeMs === next.timeMs && event.offset < next.offset)
      )
    })
  }

  #isAbsent(not: NotShape, match: readonly Known[]): boolean {
    const previous = match[not.after]!
    const next = match[not.after + 1]
    const endMs = not.forMs === undefined ? next!.timeMs : previous.timeMs + not.forMs
    if (not.forMs !== undefined && next !== undefined && next.timeMs < endMs) return false
    return !this.#known.some(
      (event) =>
        !match.includes(event) &&
        event.key === previous.key &&
        (!this.#shape.by || event.by === previous.by) &&
        event.timeMs > previous.timeMs &&
        event.timeMs <= endMs &&
        ownHolds(not, event) &&
        not.joint.every((joint) => comparisonHolds(joint, event, match[joint.step]!)),
    )
  }
}

function mostRecent(matches: readonly Known[][]): Known[] | undefined {
  return [...matches].sort((a, b) => {
    for (let step = a.length - 1; step >= 0; step--) {
      const order = b[step]!.timeMs - a[step]!.timeMs || b[step]!.offset - a[step]!.offset
      if (order !== 0) return order
    }
    return 0
  })[0]
}
