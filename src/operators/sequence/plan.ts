import type { IndexField, JointCondition, NotDef, PlaceDef, SequenceDef, StepDef } from './definition.ts'
import { joinGroups } from './groups.ts'

/** A key under which a place's events are kept, or looked up, short of record key, `by` and the fields' values. */
export interface KeyShape<E> {
  readonly prefix: string
  readonly fields: readonly IndexField<E>[]
}

/** A step or a `not`, with the keys under which its events are kept: one for each set of fields it is looked up by. */
export interface Place<E> {
  readonly def: PlaceDef<E>
  /** Fields without which an event fits nowhere: those that another step must equal. */
  readonly needed: readonly IndexField<E>[]
  readonly copies: readonly KeyShape<E>[]
}

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
  readonly steps: readonly Place<E>[]
  readonly nots: readonly Place<E>[]
  readonly roles: readonly RolePlan<E>[]
  /** The longest `forMs` after the last step; undefined when the sequence fires at once. */
  readonly trailingMs: number | undefined
}

/** Works out, once, which keys are kept and in which order conditions are tested. */
export function planSequence<E>(asWritten: SequenceDef<E>): SequencePlan<E> {
  const def = joinGroups(asWritten)
  const nots = def.nots ?? []
  const last = def.steps.length - 1
  const trailing = nots.filter((not) => not.after === def.steps[last]!.name).map((not) => not.forMs ?? 0)
  return {
    def,
    steps: def.steps.map((step, index) => {
      const others = def.steps.filter((_, role) => role !== index)
      return {
        def: step,
        needed: neededOf(step, others),
        copies: copiesOf(def, step, { name: step.name, roles: others }),
      }
    }),
    nots: nots.map((not, index) => ({
      def: not,
      needed: neededOf(not, def.steps),
      copies: copiesOf(def, not, { name: `not ${index}`, roles: def.steps }),
    })),
    roles: def.steps.map((_, role) => planRole(def, role)),
    trailingMs: trailing.length === 0 ? undefined : Math.max(...trailing),
  }
}

const groupsOf = <E>(place: PlaceDef<E>): string[] => Object.keys(place.index ?? {}).sort()

/** The key of `place` when an event arrives as `role`: by the groups that both have. */
function shapeOf<E>(
  def: SequenceDef<E>,
  place: PlaceDef<E>,
  name: string,
  role: StepDef<E>,
): KeyShape<E> & { readonly asked: KeyShape<E> } {
  const groups = groupsOf(place).filter((group) => role.index?.[group] !== undefined)
  const fields = groups.map((group) => place.index![group]!)
  const prefix = [place.slot ?? `${def.name}/${name}`, ...fields.map(({ field }) => field)].join('|')
  return { prefix, fields, asked: { prefix, fields: groups.map((group) => role.index![group]!) } }
}

const neededOf = <E>(place: PlaceDef<E>, others: readonly StepDef<E>[]): IndexField<E>[] =>
  groupsOf(place)
    .filter((group) => others.some((other) => other.index?.[group] !== undefined))
    .map((group) => place.index![group]!)

function copiesOf<E>(
  def: SequenceDef<E>,
  place: PlaceDef<E>,
  { name, roles }: { readonly name: string; readonly roles: readonly StepDef<E>[] },
): KeyShape<E>[] {
  const shapes = roles.map((role) => shapeOf(def, place, name, role))
  return [...new Map(shapes.map(({ prefix, fields }) => [prefix, { prefix, fields }])).values()]
}

function planRole<E>(def: SequenceDef<E>, role: number): RolePlan<E> {
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
    const plan = planNot(def, not, { number, role })
    levelOf(plan.reads).nots.push(plan.not)
  }
  return { step: role, lookups: steps.map((step) => shapeOf(def, step, step.name, arriving).asked), levels }
}

function planNot<E>(def: SequenceDef<E>, not: NotDef<E>, at: { readonly number: number; readonly role: number }) {
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
  const lookup = shapeOf(def, not, `not ${at.number}`, steps[at.role]!).asked
  return { reads, not: { previous, forMs: not.forMs, where, lookup, agreements } }
}
