import type { Rule, RuleSet } from '../rule-set.ts'

/** A part of a rule set and how far back it looks. */
export interface HistoryNeed {
  /** `feature spend_24h`, `rule two-outlets`, `table customers`, `list blocked`. */
  readonly part: string
  /** In event time; infinite for what may have been said at any time. */
  readonly ms: number
}

/** How far back each part of a rule set looks: what its state would hold had it always been there. */
export function historyNeededBy({ features, rules, tables, lists, options }: RuleSet): HistoryNeed[] {
  const { graceMs } = options
  return [
    ...[...tables.keys()].map((name) => ({ part: `table ${name}`, ms: Number.POSITIVE_INFINITY })),
    ...[...lists.values()]
      .filter(({ from }) => from === 'control')
      .map(({ name }) => ({ part: `list ${name}`, ms: Number.POSITIVE_INFINITY })),
    ...[...features.values()].map(({ name, window }) => ({ part: `feature ${name}`, ms: window.fromMs + graceMs })),
    ...rules.flatMap((rule) => sequenceNeed(rule, graceMs)),
  ]
}

function sequenceNeed(rule: Rule, graceMs: number): HistoryNeed[] {
  if (rule.kind !== 'sequence' || rule.mode === 'off') return []
  const waits = rule.steps.map((step) => (step.kind === 'not' ? (step.forMs ?? 0) : 0))
  return [{ part: `rule ${rule.id}`, ms: rule.withinMs + Math.max(0, ...waits) + graceMs }]
}
