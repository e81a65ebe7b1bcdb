import type { WindowStore } from '../../state/stores.ts'
import { Candidates } from './candidates.ts'
import type { SequenceEvent, StepEvents } from './definition.ts'
import { comparePositions } from './order.ts'
import type { Agreement, KeyShape, NotPlan, RolePlan, SequencePlan } from './plan.ts'
import { compositeKey } from './typed-key.ts'

/** Around which event a match is sought. */
export interface Quest<E> {
  readonly role: RolePlan<E>
  readonly event: SequenceEvent<E>
  readonly key: string
  readonly by: string
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

/** Finds the most recent match around an event: steps are filled from the last to the first, each newest first. */
export class MatchSearch<E> {
  readonly #plan: SequencePlan<E>
  readonly #store: WindowStore<E>
  readonly #maxCandidates: number
  readonly #names: readonly string[]
  #quest: Quest<E> | undefined
  #fixed: (SequenceEvent<E> | undefined)[] = []
  #chosen: (SequenceEvent<E> | undefined)[] = []
  #candidates: (Candidates<SequenceEvent<E>> | undefined)[] = []
  #scope: Record<string, SequenceEvent<E>> = {}
  #testsLeft = 0
  #truncated = false

  constructor(plan: SequencePlan<E>, store: WindowStore<E>) {
    this.#plan = plan
    this.#store = store
    this.#maxCandidates = plan.def.maxCandidates ?? defaultMaxCandidates
    this.#names = plan.def.steps.map((step) => step.name)
  }

  find(quest: Quest<E>): Finding<E> {
    const last = this.#names.length - 1
    this.#quest = quest
    this.#fixed = this.#names.map(() => undefined)
    if (quest.last !== undefined) this.#fixed[last] = quest.last
    this.#fixed[quest.role.step] = quest.event
    this.#chosen = [...this.#fixed]
    this.#candidates = []
    this.#scope = {}
    for (const [step, event] of this.#fixed.entries()) if (event !== undefined) this.#scope[this.#names[step]!] = event
    this.#testsLeft = this.#maxCandidates * searchFactor
    this.#truncated = false
    const found = this.#fill(last)
    return { events: found ? (this.#chosen as SequenceEvent<E>[]) : undefined, truncated: this.#truncated }
  }

  #fill(step: number): boolean {
    if (step < 0) return true
    const fixed = this.#fixed[step]
    if (fixed !== undefined) return this.#isInPlace(step, fixed) && this.#holds(step) && this.#fill(step - 1)
    this.#candidates[step] ??= new Candidates(this.#known(step), this.#maxCandidates)
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
      this.#chosen[step] = candidate
      this.#scope[this.#names[step]!] = candidate
      if (this.#holds(step) && this.#fill(step - 1)) return true
      this.#chosen[step] = undefined
    }
    if (candidates.cut) this.#truncated = true
    return false
  }

  /** Whether (time, offset) order, distinctness and `within` allow the event here, as far as the later steps tell. */
  #isInPlace(step: number, event: SequenceEvent<E>): boolean {
    const { withinMs, anyOrder } = this.#plan.def
    const chosen = this.#chosen
    if (!anyOrder) {
      const next = chosen[step + 1]
      return (
        next === undefined || (comparePositions(event, next) < 0 && chosen.at(-1)!.timeMs - event.timeMs <= withinMs)
      )
    }
    return chosen.every(
      (other, at) =>
        at === step ||
        other === undefined ||
        (other.offset !== event.offset && Math.abs(other.timeMs - event.timeMs) <= withinMs),
    )
  }

  /** Candidates older than this cannot match, whatever the others are. */
  #oldestMs(step: number): number {
    const last = this.#chosen.at(-1)
    return this.#plan.def.anyOrder || last === undefined || step === this.#chosen.length - 1
      ? Number.NEGATIVE_INFINITY
      : last.timeMs - this.#plan.def.withinMs
  }

  #holds(step: number): boolean {
    const { agreements, tests, nots } = this.#quest!.role.levels[step]!
    const scope: StepEvents<E> = this.#scope
    const key = this.#quest!.key
    return (
      agreements.every((agreement) => this.#agrees(agreement, this.#chosen[step]!)) &&
      tests.every(({ step: own, condition }) => condition.test(this.#chosen[own]!, scope, key)) &&
      nots.every((not) => this.#isAbsent(not))
    )
  }

  #agrees({ own, step, other }: Agreement<E>, event: SequenceEvent<E>): boolean {
    const value = own.read(event.value)
    return value !== undefined && value === other.read(this.#chosen[step]!.value)
  }

  #isAbsent(not: NotPlan<E>): boolean {
    const { key, knownOffset } = this.#quest!
    const previousMs = this.#chosen[not.previous]!.timeMs
    const next = this.#chosen[not.previous + 1]
    const endMs = not.forMs === undefined ? next!.timeMs : previousMs + not.forMs
    if (next !== undefined && next.timeMs < endMs) return false
    const lookupKey = this.#keyOf(not.lookup)
    // Without the field that the event would have to equal there is no such event.
    if (endMs === previousMs || lookupKey === undefined) return true
    for (const event of this.#store.backwardFetch(lookupKey, previousMs + 1, endMs)) {
      if (event.offset > knownOffset || this.#chosen.some((chosen) => chosen?.offset === event.offset)) continue
      if (!not.agreements.every((agreement) => this.#agrees(agreement, event))) continue
      if (not.where.every((condition) => condition.test(event, this.#scope, key))) return false
    }
    return true
  }

  /** The step's known events on the right side of the arriving one, newest first. */
  *#known(step: number): Generator<SequenceEvent<E>, void> {
    const { role, event, knownOffset } = this.#quest!
    const { withinMs, anyOrder } = this.#plan.def
    // A later step at the same time would need a higher offset, and such an event is not known yet.
    const fromMs = anyOrder || step < role.step ? event.timeMs - withinMs : event.timeMs + 1
    const toMs = anyOrder || step > role.step ? event.timeMs + withinMs : event.timeMs
    if (fromMs > toMs) return
    for (const candidate of this.#store.backwardFetch(this.#keyOf(role.lookups[step]!)!, fromMs, toMs)) {
      if (candidate.offset > knownOffset || candidate.offset === event.offset) continue
      if (anyOrder || step > role.step || comparePositions(candidate, event) < 0) yield candidate
    }
  }

  #keyOf(shape: KeyShape<E>): string | undefined {
    const { key, by, event } = this.#quest!
    return placeKey(shape, key, { by, value: event.value })
  }
}

/** The store's key for an event; `undefined` when it lacks one of the fields. */
export function placeKey<E>(
  { prefix, fields }: KeyShape<E>,
  key: string,
  event: { readonly by: string; readonly value: E },
): string | undefined {
  const parts = [prefix, key, event.by]
  for (const field of fields) {
    const part = field.read(event.value)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return compositeKey(parts)
}
