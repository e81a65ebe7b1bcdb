import { createHash } from 'node:crypto'
import type {
  IndexField,
  JointCondition,
  KeyedEvent,
  NotDef,
  PlaceDef,
  SequenceDef,
  SequenceStores,
  StepDef,
} from '../operators/sequence/definition.ts'
import { compositeKey, typedKey } from '../operators/sequence/typed-key.ts'
import type { Expression } from './expression.ts'
import { nodeNames } from './operators/admit.ts'
import type { RiskEvent } from './operators/incoming.ts'
import type { ListsAt } from './operators/lists.ts'
import type { SequenceRule, Step } from './rule-set.ts'

/** What all sequences of a rule set share. */
export interface SharedStores {
  readonly stores: SequenceStores<RiskEvent>
  readonly graceMs: number
}

/**
 * Wires a sequence rule to the sequence operator: conditions are split so that each is tested, or looked up, as early as it can
 * be. Control lists are asked when a condition is tested: of one event alone when the event arrives, of several when a
 * match is sought; each time for the step's own event time.
 *
 * @param listsAt the task's lists; without them a rule that asks for one cannot be evaluated
 */
export function compileSequence(
  rule: SequenceRule,
  { stores, graceMs }: SharedStores,
  listsAt?: ListsAt,
): SequenceDef<RiskEvent> {
  const { by } = rule
  const places = new Map(
    rule.steps.map((step, index) => [step, new PlaceDraft(rule, step, { notName: `not ${index}`, listsAt })]),
  )
  indexEqualities(places)
  const steps: StepDef<RiskEvent>[] = []
  const nots: NotDef<RiskEvent>[] = []
  for (const [step, draft] of places) {
    if (step.kind === 'event') steps.push({ name: step.name, ...draft.build() })
    else
      nots.push({
        after: steps.at(-1)!.name,
        ...(step.forMs === undefined ? {} : { forMs: step.forMs }),
        ...draft.build(),
      })
  }
  return {
    name: nodeNames.rule(rule.id),
    steps,
    nots,
    ...(by === undefined
      ? {}
      : { by: ({ value, key }: KeyedEvent<RiskEvent>) => typedKey(by.evaluate({ e: value.fields, key })) }),
    withinMs: rule.withinMs,
    graceMs,
    anyOrder: rule.anyOrder,
    maxCandidates: rule.maxCandidates,
    serde: stores.events.serde,
    stores,
  }
}

/** A step or `not` while its conditions are being sorted. */
class PlaceDraft {
  readonly name: string
  readonly index: Record<string, IndexField<RiskEvent>> = {}
  /** Conditions that read other steps too. */
  joint: Expression[]
  readonly #rule: SequenceRule
  readonly #step: Step
  readonly #own: readonly Expression[]
  readonly #listsAt: ListsAt | undefined

  constructor(
    rule: SequenceRule,
    step: Step,
    { notName, listsAt }: { readonly notName: string; readonly listsAt: ListsAt | undefined },
  ) {
    this.#rule = rule
    this.#listsAt = listsAt
    this.#step = step
    this.name = step.kind === 'event' ? step.name : notName
    const parts = step.where?.conjuncts ?? []
    this.#own = parts.filter((part) => this.othersOf(part).length === 0)
    this.joint = parts.filter((part) => this.othersOf(part).length > 0)
  }

  /** The other steps that an expression reads. */
  othersOf(expression: Expression): readonly string[] {
    return [...new Set(expression.reads.map((path) => path.split('.')[0]!))].filter(
      (root) => root !== 'e' && root !== 'key' && root !== this.name,
    )
  }

  build(): PlaceDef<RiskEvent> {
    const type = this.#step.event
    const own = this.#own
    const scopeOf = this.#scoping(own)
    return {
      matches({ value, key }) {
        if (value.type !== type) return false
        if (own.length === 0) return true
        const scope = scopeOf(value, key)
        for (const part of own) if (part.evaluate(scope) !== true) return false
        return true
      },
      where: this.joint.map((part) => this.#condition(part)),
      index: this.index,
      slot: slotOf([type, this.#rule.by?.text ?? '', ...own.map((part) => `${this.name}: ${part.text}`)]),
    }
  }

  #condition(part: Expression): JointCondition<RiskEvent> {
    const reads = this.othersOf(part)
    const scopeOf = this.#scoping([part])
    return {
      reads,
      test(own, earlier, key) {
        const scope = scopeOf(own.value, key)
        for (const name of reads) scope[name] = earlier[name]!.value.fields
        return part.evaluate(scope) === true
      },
    }
  }

  /** Gives the scope of these expressions for an event: one object, used again for the next event. */
  #scoping(parts: readonly Expression[]): (value: RiskEvent, key: string) => Record<string, unknown> {
    const scope: Record<string, unknown> = {}
    const { name } = this
    const listsAt = parts.some(({ lists }) => lists.length > 0) ? this.#listsAt : undefined
    return ({ fields, timeMs }, key) => {
      scope.key = key
      scope.e = fields
      scope[name] = fields
      if (listsAt !== undefined) scope.$inList = listsAt(timeMs)
      return scope
    }
  }
}

/**
 * Turns equalities between a field of one step and a field of an earlier one into index groups; what is not so simple stays
 * a condition to test.
 */
function indexEqualities(places: ReadonlyMap<Step, PlaceDraft>): void {
  const byName = new Map([...places.values()].map((draft) => [draft.name, draft]))
  let groups = 0
  for (const draft of places.values()) {
    draft.joint = draft.joint.filter((part) => {
      const { comparison } = part
      if (comparison?.op !== '==') return true
      const left = fieldOf(comparison.left, draft, byName)
      const right = fieldOf(comparison.right, draft, byName)
      if (left === undefined || right === undefined || left.place === right.place) return true
      if (left.place !== draft && right.place !== draft) return true
      const group = `eq${groups++}`
      left.place.index[group] = left.field
      right.place.index[group] = right.field
      return false
    })
  }
}

const indexable: ReadonlySet<string> = new Set(['string', 'double', 'bool'])

/** The step and field that an expression like `a.outletId` names; `undefined` for anything else. */
function fieldOf(
  side: Expression,
  own: PlaceDraft,
  byName: ReadonlyMap<string, PlaceDraft>,
): { place: PlaceDraft; field: IndexField<RiskEvent> } | undefined {
  const [path, ...more] = side.reads
  if (path === undefined || more.length > 0 || path !== side.text.trim() || !indexable.has(side.type)) return undefined
  const [root, ...names] = path.split('.')
  const place = root === 'e' ? own : byName.get(root!)
  if (place === undefined || names.length === 0) return undefined
  return {
    place,
    field: { field: names.join('.'), read: (value) => typedKey(side.evaluate({ [root!]: value.fields })) },
  }
}

/** A short name for what is kept, the same for the same events in any rule and in any order of files. */
const slotOf = (parts: readonly string[]): string =>
  createHash('sha256').update(compositeKey(parts)).digest('base64url').slice(0, 8)
