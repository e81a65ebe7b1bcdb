import type { IndexField, JointCondition, NotDef, PlaceDef, SequenceDef, StepDef } from './definition.ts'
import { Fit, type Place } from './fit.ts'
import { joinGroups } from './groups.ts'
import { type KeyShape, KeyShapes } from './key-shapes.ts'

/** Two events that must agree: of step `step`, or of the `not` at hand when undefined. */
export interface Agreement<E> {
  readonly own: IndexField<E>
  readonly step: number
  readonly other: IndexField<E>
}

export interface StepTest<E> {
  /** The step whose event is the condition's own. */
  readonly step: number
  readonly condition: JointCondition<E>
}

export interface NotPlan<E> {
  readonly previous: number
  readonly forMs: number | undefined
  readonly where: readonly JointCondition<E>[]
  readonly lookup: KeyShape<E>
  readonly agreements: readonly Agreement<E>[]
}

/** What becomes decidable once the steps from `level` on, and the arriving one, have their events. */
export interface Level<E> {
  readonly agreements: readonly Agreement<E>[]
  readonly tests: readonly StepTest<E>[]
  readonly nots: readonly NotPlan<E>[]
}

/** How to find a match for an event that arrives as one of the steps. Steps are filled from the last to the first. */
export interface RolePlan<E> {
  readonly step: number
  /** For each step how its candidates are looked up by the arriving event's fields; its own entry is not used. */
  readonly lookups: readonly KeyShape<E>[]
  readonly levels: readonly Level<E>[]
}

export interface SequencePlan<E> {
  readonly def: SequenceDef<E>
  /** The steps in their order, then the `not`s. */
  readonly places: readonly Place<E>[]
  readonly roles: readonly RolePlan<E>[]
  /** What an event is before any of its conditions are known: nothing. */
  readonly unfit: Fit<E>
  /** The longest `forMs` after the last step; undefined when the sequence fires at once. */
  readonly trailingMs: number | undefined
}

/** Works out, once, which keys are kept and in which order conditions are tested. */
export function planSequence<E>(asWritten: SequenceDef<E>): SequencePlan<E> {
  const def = joinGroups(asWritten)
  const nots = def.nots ?? []
  const last = def.steps.length - 1
  const trailing = nots.filter((not) => not.after === def.steps[last]!.name).map((not) => not.forMs ?? 0)
  const shapes = new KeyShapes<E>()
  const places = [
    ...def.steps.map((step, index): Place<E> => {
      const others = def.steps.filter((_, role) => role !== index)
      return {
        def: step,
        needed: neededOf(step, others),
        copies: copiesOf(def, step, { name: step.name, roles: others, shapes }),
      }
    }),
    ...nots.map(
      (not, index): Place<E> => ({
        def: not,
        needed: neededOf(not, def.steps),
        copies: copiesOf(def, not, { name: `not ${index}`, roles: def.steps, shapes }),
      }),
    ),
  ]
  const roles = def.steps.map((_, role) => planRole(def, role, shapes))
  return {
    def,
    places,
    roles,
    unfit: new Fit({ places, stepCount: def.steps.length, keyCount: shapes.count }),
    trailingMs: trailing.length === 0 ? undefined : Math.max(...trailing),
  }
}

const groupsOf = <E>(place: PlaceDef<E>): string[] => Object.keys(place.index ?? {}).sort()

const slotOf = <E>(def: SequenceDef<E>, place: PlaceDef<E>, name: string): string => place.slot ?? `${def.name}/${name}`

/** The groups in which `place` is looked up when an event arrives as `role`: those that both have. */
const sharedGroups = <E>(place: PlaceDef<E>, role: PlaceDef<E>): string[] =>
  groupsOf(place).filter((group) => role.index?.[group] !== undefined)

function prefixOf<E>(def: SequenceDef<E>, place: PlaceDef<E>, name: string, groups: readonly string[]): string {
  return [slotOf(def, place, name), ...groups.map((group) => place.index![group]!.field)].join('|')
}

const neededOf = <E>(place: PlaceDef<E>, others: readonly StepDef<E>[]): IndexField<E>[] =>
  groupsOf(place)
    .filter((group) => others.some((other) => other.index?.[group] !== undefined))
    .map((group) => place.index![group]!)

interface Naming<E> {
  readonly name: string
  readonly shapes: KeyShapes<E>
}

/** The keys under which the place's own events are kept, for whichever of `roles` arrives later. */
function copiesOf<E>(
  def: SequenceDef<E>,
  place: PlaceDef<E>,
  { name, shapes, roles }: Naming<E> & { readonly roles: readonly StepDef<E>[] },
): KeyShape<E>[] {
  const reader = slotOf(def, place, name)
  const kept = roles.map((role) => {
    const groups = sharedGroups(place, role)
    const fields = groups.map((group) => place.index![group]!)
    return shapes.of(prefixOf(def, place, name, groups), reader, fields)
  })
  return [...new Set(kept)]
}

/** The key under which an event that arrives as `role` looks for the place's events. */
function lookupOf<E>(
  def: SequenceDef<E>,
  place: PlaceDef<E>,
  { name, shapes, role }: Naming<E> & { readonly role: StepDef<E> },
): KeyShape<E> {
  const groups = sharedGroups(place, role)
  const fields = groups.map((group) => role.index![group]!)
  return shapes.of(prefixOf(def, place, name, groups), slotOf(def, role, role.name), fields)
}

function planRole<E>(def: SequenceDef<E>, role: number, shapes: KeyShapes<E>): RolePlan<E> {
  const { steps } = def
  const arriving = steps[role]!
  const index = new Map(steps.map((step, position) => [step.name, position]))
  const levels = steps.map(() => ({
    agreements: [] as Agreement<E>[],
    tests: [] as StepTest<E>[],
    nots: [] as NotPlan<E>[],
  }))
  // The arriving event is there from the start, so what reads only it is decided at the first level, the last step's.
  const levelOf = (reads: readonly number[]) =>
    levels[Math.min(steps.length - 1, ...reads.filter((step) => step !== role))]!

  for (const [position, step] of steps.entries()) {
    for (const condition of step.where ?? []) {
      const reads =
        condition.reads?.map((name) => index.get(name)!) ?? steps.slice(0, position).map((_, earlier) => earlier)
      levelOf([position, ...reads]).tests.push({ step: position, condition })
    }
    if (position === role) continue
    for (const group of groupsOf(step)) {
      const next = steps.findIndex((other, at) => at > position && other.index?.[group] !== undefined)
      if (arriving.index?.[group] !== undefined || next < 0) continue
      levels[position]!.agreements.push({ own: step.index![group]!, step: next, other: steps[next]!.index![group]! })
    }
  }
  for (const [number, not] of (def.nots ?? []).entries()) {
    const plan = planNot(def, not, { number, role, shapes })
    levelOf(plan.reads).nots.push(plan.not)
  }
  const lookups = steps.map((step) => lookupOf(def, step, { name: step.name, role: arriving, shapes }))
  return { step: role, lookups, levels }
}

function planNot<E>(
  def: SequenceDef<E>,
  not: NotDef<E>,
  at: { readonly number: number; readonly role: number; readonly shapes: KeyShapes<E> },
) {
  const { steps } = def
  const previous = steps.findIndex((step) => step.name === not.after)
  const earlier = steps.slice(0, previous + 1).map((_, step) => step)
  const where = not.where ?? []
  const reads = [previous, Math.min(previous + 1, steps.length - 1)]
  for (const condition of where) {
    reads.push(...(condition.reads?.map((name) => steps.findIndex((step) => step.name === name)) ?? earlier))
  }
  const agreements: Agreement<E>[] = []
  for (const group of groupsOf(not)) {
    if (steps[at.role]!.index?.[group] !== undefined) continue
    const step = earlier.findLast((position) => steps[position]!.index?.[group] !== undefined)!
    agreements.push({ own: not.index![group]!, step, other: steps[step]!.index![group]! })
    reads.push(step)
  }
  const lookup = lookupOf(def, not, { name: `not ${at.number}`, role: steps[at.role]!, shapes: at.shapes })
  return { reads, not: { previous, forMs: not.forMs, where, lookup, agreements } }
}
