import type { EventDef, EventRule, Rule, RuleSet, SequenceRule, TableDef } from './rule-set.ts'

/** What the engine does for one event type. */
export interface TypePlan {
  readonly event: EventDef
  /** Live and shadow rules on this type, in the order of the files. */
  readonly eventRules: readonly EventRule[]
  /** Live and shadow sequences with a step, `not` steps included, of this type. */
  readonly sequenceRules: readonly SequenceRule[]
  /** Tables whose rows the type's conditions and reasons read. */
  readonly tables: readonly TableDef[]
}

/** Everything that the rule set names, by what a record's headers say: all else is dropped without looking at its value. */
export interface RuleSetPlan {
  readonly events: ReadonlyMap<string, TypePlan>
  /** Tables by the data type that fills them; only tables that some rule reads. */
  readonly tables: ReadonlyMap<string, readonly TableDef[]>
  /** Rules that are not off. */
  readonly rules: readonly Rule[]
}

export function planOf(ruleSet: RuleSet): RuleSetPlan {
  const rules = ruleSet.rules.filter((rule) => rule.mode !== 'off')
  const events = new Map<string, TypePlan>()
  for (const type of new Set(rules.flatMap(typesOf))) {
    const eventRules = rules.filter((rule): rule is EventRule => rule.kind === 'event' && rule.event === type)
    const sequenceRules = rules.filter(
      (rule): rule is SequenceRule => rule.kind === 'sequence' && typesOf(rule).includes(type),
    )
    const tables = [...ruleSet.tables.values()].filter((table) => eventRules.some((rule) => reads(rule, table.name)))
    events.set(type, { event: ruleSet.events.get(type)!, eventRules, sequenceRules, tables })
  }
  const used = new Set([...events.values()].flatMap((plan) => plan.tables))
  return { events, tables: Map.groupBy(used, (table) => table.from), rules }
}

/** The event types that a rule names: those get decisions. */
export const typesOf = (rule: Rule): readonly string[] =>
  rule.kind === 'event' ? [rule.event] : rule.steps.map((step) => step.event)

const reads = ({ when, then }: EventRule, table: string): boolean =>
  [...when.reads, ...(then.reason?.reads ?? [])].some((path) => path === `t.${table}` || path.startsWith(`t.${table}.`))

/** True when a rule is past its last day at this event time. */
export const isExpired = (rule: Rule, timeMs: number): boolean =>
  rule.expiresAtMs !== undefined && timeMs >= rule.expiresAtMs
