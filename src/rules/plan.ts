import { featureTypePrefix } from '../record/ingress.ts'
import type { EventDef, EventRule, FeatureDef, Rule, RuleSet, SequenceRule, TableDef } from './rule-set.ts'

/** What the engine does for one event type. */
export interface TypePlan {
  readonly event: EventDef
  /** Live and shadow rules on this type, in the order of the files. */
  readonly eventRules: readonly EventRule[]
  /** Live and shadow sequences with a step, `not` steps included, of this type. */
  readonly sequenceRules: readonly SequenceRule[]
  /** Tables whose rows the type's conditions and reasons read. */
  readonly tables: readonly TableDef[]
  /** Features that the type's conditions and reasons read. */
  readonly features: readonly FeatureDef[]
}

/** Everything that the rule set names, by what a record's headers say: all else is dropped without looking at its value. */
export interface RuleSetPlan {
  /** Types that rules name, which get decisions, and types that features count. */
  readonly events: ReadonlyMap<string, TypePlan>
  /** Tables by the data type that fills them; only tables that some rule reads. */
  readonly tables: ReadonlyMap<string, readonly TableDef[]>
  /** Features kept per customer that some rule reads. */
  readonly features: readonly FeatureDef[]
  /** Features across customers whose results some rule names, in the order of the rule set. */
  readonly globals: readonly FeatureDef[]
  /** Rules that are not off. */
  readonly rules: readonly Rule[]
}

export function planOf(ruleSet: RuleSet): RuleSetPlan {
  const rules = ruleSet.rules.filter((rule) => rule.mode !== 'off')
  const read = rules.filter((rule): rule is EventRule => rule.kind === 'event')
  const features = [...ruleSet.features.values()].filter(({ name }) => read.some((rule) => reads(rule, `f.${name}`)))
  const named = new Set(rules.flatMap(typesOf))
  const globals = [...ruleSet.features.values()].filter(
    ({ scope, name }) => scope === 'global' && named.has(`${featureTypePrefix}${name}`),
  )
  const types = new Set([...named, ...[...features, ...globals].map(({ event }) => event)])
  const events = new Map([...types].map((type) => [type, typePlan(type, ruleSet, rules)]))
  const tables = new Set([...events.values()].flatMap((plan) => plan.tables))
  return { events, tables: Map.groupBy(tables, (table) => table.from), features, globals, rules }
}

function typePlan(type: string, ruleSet: RuleSet, rules: readonly Rule[]): TypePlan {
  const eventRules = rules.filter((rule): rule is EventRule => rule.kind === 'event' && rule.event === type)
  const sequenceRules = rules.filter(
    (rule): rule is SequenceRule => rule.kind === 'sequence' && typesOf(rule).includes(type),
  )
  return {
    event: ruleSet.events.get(type)!,
    eventRules,
    sequenceRules,
    tables: [...ruleSet.tables.values()].filter(({ name }) => eventRules.some((rule) => reads(rule, `t.${name}`))),
    features: [...ruleSet.features.values()].filter(({ name }) => eventRules.some((rule) => reads(rule, `f.${name}`))),
  }
}

/** The event types that a rule names: those get decisions. */
export const typesOf = (rule: Rule): readonly string[] =>
  rule.kind === 'event' ? [rule.event] : rule.steps.map((step) => step.event)

const reads = ({ when, then }: EventRule, path: string): boolean =>
  [...when.reads, ...(then.reason?.reads ?? [])].some((read) => read === path || read.startsWith(`${path}.`))

/** True when a rule is past its last day at this event time. */
export const isExpired = (rule: Rule, timeMs: number): boolean =>
  rule.expiresAtMs !== undefined && timeMs >= rule.expiresAtMs
