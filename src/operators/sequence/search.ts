import type { WindowStore } from '../../state/stores.ts'
import type { Arrival } from './arrivals.ts'
import { Candidates } from './candidates.ts'
import type { SequenceEvent } from './definition.ts'
import { comparePositions } from './order.ts'
import type { Agreement, NotPlan, RolePlan, SequencePlan } from './plan.ts'

/** Around which event a match is sought. */
export interface Quest<E> {
  readonly role: RolePlan<E>
  readonly arrival: Arrival<E>
  /** The last step's event, when that is given too. */
  readonly last?: SequenceEvent<E>
  /** Events with higher offsets are not known yet: state may hold them when a record is processed again after a crash. */
  readonly knownOffset: number
}

export interface Finding<E> {
  /** The most recent match, by step. */
  readonly events: readonly SequenceEvent<E>[] | undefined
  readonly truncated: boolean
}

/** Joint tests of one search, in units of `maxCandidates`: what keeps three and more steps from multiplying out. */
const searchFactor = 100
export const defaultMaxCandidates = 1_000

/**
 * Finds the most recent match around an event: steps are filled from the last to the first, each newest first. One search
 * at a time: what it works with is made once a task.
 */
export class MatchSearch<E> {
  readonly #store: WindowStore<E>
  readonly #maxCandidates: number
  readonly #names: readonly string[]
  readonly #lastStep: number
  readonly #isAnyOrder: boolean
  readonly #withinMs: number
  #quest: Quest<E> | undefined
  /** The events that are given, by step. */
  readonly #fixed: (SequenceEvent<E> | undefined)[]
  readonly #chosen: (SequenceEvent<E> | undefined)[]
  readonly #candidates: (Candidates<E> | undefined)[]
  /** The chosen events by name, as conditions read them. */
  readonly #scope: Record<string, SequenceEvent<E>>
  #testsLeft = 0
  #truncated = false

  constructor(plan: SequencePlan<E>, store: WindowStore<E>) {
    const { steps, anyOrder = false, withinMs, maxCandidates = defaultMaxCandidates } = plan.def
    this.#store = store
    this.#maxCandidates = maxCandidates
    this.#names = steps.map((step) => step.name)
    this.#lastStep = steps.length - 1
    this.#isAnyOrder = anyOrder
    this.#withinMs = withinMs
    this.#fixed = steps.map(() => undefined)
    this.#chosen = steps.map(() => undefined)
    this.#candidates = steps.map(() => undefined)
    this.#scope = {}
  }

  find(quest: Quest<E>): Finding<E> {
    this.#quest = quest
    this.#testsLeft = this.#maxCandidates * searchFactor
    this.#truncated = false
    for (let step = 0; step <= this.#lastStep; step++) {
      const given = step === this.#lastStep ? quest.last : undefined
      this.#fix(step, step === quest.role.step ? quest.arrival.event : given)
    }
    const found = this.#fill(this.#lastStep)
    return { events: found ? (this.#chosen.slice() as SequenceEvent<E>[]) : undefined, truncated: this.#truncated }
  }

  #fix(step: number, event: SequenceEvent<E> | undefined): void {
    this.#fixed[step] = event
    this.#candidates[step] = undefined
    this.#choose(step, event)
  }

  #choose(step: number, event: SequenceEvent<E> | undefined): void {
    this.#chosen[step] = event
    // Conditions read only steps that are chosen.
    if (event !== undefined) this.#scope[this.#names[step]!] = event
  }

  #fill(step: number): boolean {
    if (step < 0) return true
    const fixed = this.#fixed[step]
    if (fixed !== undefined) return this.#isInPlace(step, fixed) && this.#holds(step) && this.#fill(step - 1)
    this.#candidates[step] ??= this.#lookBack(step)
    const candidates = this.#candidates[step]
    const oldestMs = this.#oldestMs(step)
    for (let index = 0; ; index++) {
      const candidate = candidates.at(index)
      if (candidate === undefined) break
      if (candidate.timeMs < oldestMs) return false
      if (!this.#isInPlace(step, candidate)) continue
      if (this.#testsLeft-- <= 0) {
        this.#truncated = true
        return false
      }
      this.#choose(step, candidate)
      if (this.#holds(step) && this.#fill(step - 1)) return true
      this.#choose(step, undefined)
    }
    if (candidates.cut) this.#truncated = true
    return false
  }

  /** Whether (time, offset) order, distinctness and `within` allow the event here, as far as the later steps tell. */
  #isInPlace(step: number, event: SequenceEvent<E>): boolean {
    const chosen = this.#chosen
    if (!this.#isAnyOrder) {
      if (step === this.#lastStep) return true
      const next = chosen[step + 1]!
      return comparePositions(event, next) < 0 && chosen[this.#lastStep]!.timeMs - event.timeMs <= this.#withinMs
    }
    for (let at = 0; at < chosen.length; at++) {
      const other = chosen[at]
      if (at === step || other === undefined) continue
      if (other.offset === event.offset || Math.abs(other.timeMs - event.timeMs) > this.#withinMs) return false
    }
    return true
  }

  /** Candidates older than this cannot match, whatever the others are. */
  #oldestMs(step: number): number {
    return this.#isAnyOrder || step === this.#lastStep
      ? Number.NEGATIVE_INFINITY
      : this.#chosen[this.#lastStep]!.timeMs - this.#withinMs
  }

  #holds(step: number): boolean {
    const { arrival, role } = this.#quest!
    const { agreements, tests, nots } = role.levels[step]!
    for (const agreement of agreements) if (!this.#agrees(agreement, this.#chosen[step]!)) return false
    for (const { step: own, condition } of tests) {
      if (!condition.test(this.#chosen[own]!, this.#scope, arrival.event.key)) return false
    }
    for (const not of nots) if (!this.#isAbsent(not)) return false
    return true
  }

  #agrees({ own, step, other }: Agreement<E>, event: SequenceEvent<E>): boolean {
    const value = own.read(event.value)
    return value !== undefined && value === other.read(this.#chosen[step]!.value)
  }

  #isAbsent(not: NotPlan<E>): boolean {
    const { arrival } = this.#quest!
    const previousMs = this.#chosen[not.previous]!.timeMs
    const next = this.#chosen[not.previous + 1]
    const endMs = not.forMs === undefined ? next!.timeMs : previousMs + not.forMs
    if (next !== undefined && next.timeMs < endMs) return false
    const rows = arrival.rowsIn(this.#store, not.lookup)
    // Without the field that the event would have to equal there is no such event.
    if (endMs === previousMs || rows === undefined) return true
    for (const event of rows.backwardFetch(previousMs + 1, endMs)) {
      if (this.#isEventOf(not, event)) return false
    }
    return true
  }

  #isEventOf(not: NotPlan<E>, event: SequenceEvent<E>): boolean {
    const { knownOffset, arrival } = this.#quest!
    if (event.offset > knownOffset) return false
    for (const chosen of this.#chosen) if (chosen?.offset === event.offset) return false
    for (const agreement of not.agreements) if (!this.#agrees(agreement, event)) return false
    for (const condition of not.where) if (!condition.test(event, this.#scope, arrival.event.key)) return false
    return true
  }

  /** The step's known events on the right side of the arriving one, newest first. */
  #lookBack(step: number): Candidates<E> {
    const { role, arrival, knownOffset } = this.#quest!
    const { event } = arrival
    const isBefore = !this.#isAnyOrder && step < role.step
    const isAfter = !this.#isAnyOrder && step > role.step
    // A later step at the same time would need a higher offset, and such an event is not known yet.
    const fromMs = isAfter ? event.timeMs + 1 : event.timeMs - this.#withinMs
    const toMs = isBefore ? event.timeMs : event.timeMs + this.#withinMs
    const rows = arrival.rowsIn(this.#store, role.lookups[step]!)!
    const entries = fromMs > toMs ? none : rows.backwardFetch(fromMs, toMs)
    return new Candidates({ entries, arriving: event, isBefore, knownOffset, limit: this.#maxCandidates })
  }
}

const none: readonly never[] = []
