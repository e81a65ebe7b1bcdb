import { canonicalJson } from '../../record/canonical-json.ts'
import { formatDuration } from '../../time/duration.ts'
import type { Expression } from '../expression.ts'
import type { Rule, RuleSet } from '../rule-set.ts'
import { contradictionIn } from './contradiction.ts'
import type { Issues } from './issues.ts'

type Content = Pick<RuleSet, 'tables' | 'lists' | 'features' | 'rules'>

/** What a rule set alone does not say; each is judged only when the caller says it. */
export interface Surroundings {
  /** The wall clock, to warn of rules that have expired. */
  readonly nowMs?: number
  /** How long main keeps its records, to warn of windows that are longer. */
  readonly retentionMs?: number
}

/** Reports what loads and yet is hardly meant. */
export function warnAbout(content: Content, issues: Issues, { nowMs, retentionMs }: Surroundings): void {
  for (const rule of content.rules) {
    warnNeverFires(rule, issues)
    if (nowMs === undefined || rule.expiresAtMs === undefined || rule.expiresAtMs > nowMs) continue
    issues.warn(rule.source, 'expired', `the rule ${rule.id} has expired`, 'remove it, or give it a later expires')
  }
  warnSameConditions(content.rules, issues)
  warnUnbounded(content, issues)
  warnUnused(content, issues)
  if (retentionMs !== undefined) warnBeyondRetention(content, issues, retentionMs)
}

/** A condition that is false, or an error, whatever is read. */
const isNeverTrue = (condition: Expression): boolean =>
  condition.conjuncts.some((part) => part.reads.length === 0 && part.lists.length === 0 && part.evaluate({}) !== true)

function warnNeverFires(rule: Rule, issues: Issues): void {
  const conditions =
    rule.kind === 'event'
      ? [rule.when]
      : rule.steps.flatMap((step) => (step.kind === 'event' && step.where !== undefined ? [step.where] : []))
  const never = `the rule ${rule.id} can never fire`
  if (conditions.some(isNeverTrue)) issues.warn(rule.source, 'never-fires', `${never}: its condition is never true`)
  const contradiction = conditions.map(contradictionIn).find((parts) => parts !== undefined)
  if (contradiction === undefined) return
  const [one, other] = contradiction
  const hint = 'if either is enough, write || between them'
  issues.warn(rule.source, 'never-fires', `${never}: ${one} and ${other} are never true together`, hint)
}

/** State that is there stays, whatever the log forgets; but what begins later, or is rebuilt, begins with what main still has. */
function warnBeyondRetention({ features, rules }: Content, issues: Issues, retentionMs: number): void {
  const kept = formatDuration(retentionMs)
  const hint = 'let main keep its records for longer, or shorten the window'
  for (const { name, window, source } of features.values()) {
    if (window.fromMs <= retentionMs) continue
    const message = `the feature ${name} looks back ${formatDuration(window.fromMs)}, and main keeps its records for ${kept}: a new rule would begin with less`
    issues.warn(source, 'beyond-retention', message, hint)
  }
  for (const rule of rules) {
    if (rule.kind !== 'sequence' || rule.withinMs <= retentionMs) continue
    const message = `the rule ${rule.id} looks back ${formatDuration(rule.withinMs)}, and main keeps its records for ${kept}: a new rule would begin with less`
    issues.warn(rule.source, 'beyond-retention', message, hint)
  }
}

function warnSameConditions(rules: readonly Rule[], issues: Issues): void {
  const seen = new Map<string, Rule>()
  for (const rule of rules) {
    if (rule.mode === 'off') continue
    const condition = canonicalJson(conditionOf(rule))
    const first = seen.get(condition)
    if (first === undefined) seen.set(condition, rule)
    else {
      const { file, line, column } = first.source
      const message = `the rules ${first.id} and ${rule.id} have the same condition (the first is at ${file}:${line}:${column})`
      issues.warn(rule.source, 'same-condition', message, 'keep one of the two')
    }
  }
}

const spaceless = (text: string): string => text.replace(/\s+/g, ' ').trim()

function conditionOf(rule: Rule): unknown {
  if (rule.kind === 'event') return [rule.event, spaceless(rule.when.text)]
  const { by, withinMs, anyOrder, maxCandidates, steps } = rule
  const written = steps.map((step) => [
    step.kind === 'event' ? step.name : `not for ${step.forMs ?? 'ever'}`,
    step.event,
    spaceless(step.where?.text ?? ''),
  ])
  return [by === undefined ? '' : spaceless(by.text), withinMs, anyOrder, maxCandidates, written]
}

/** Without `where` and `emit` there is a record more in main, and a decision, for every event of the type. */
function warnUnbounded({ features }: Content, issues: Issues): void {
  for (const { name, scope, event, where, emit, source } of features.values()) {
    if (scope !== 'global' || where !== undefined || emit !== undefined) continue
    const message = `the global feature ${name} writes a result into main for every ${event}`
    issues.warn(source, 'global-unbounded', message, 'add emit: such as value >= 3.0, or where: to count fewer events')
  }
}

function warnUnused({ tables, lists, features, rules }: Content, issues: Issues): void {
  const expressions = expressionsOf(rules)
  const reads = new Set(expressions.flatMap((each) => each.reads.map((path) => path.split('.').slice(0, 2).join('.'))))
  const events = new Set(
    rules.flatMap((rule) => (rule.kind === 'event' ? [rule.event] : rule.steps.map(({ event }) => event))),
  )
  for (const { name, scope, source } of features.values()) {
    const used = scope === 'global' ? events.has(`feature.${name}`) : reads.has(`f.${name}`)
    if (used) continue
    const hint = scope === 'global' ? `write a rule with event: feature.${name}` : `read it as f.${name}, or remove it`
    issues.warn(source, 'unused-feature', `no rule reads the feature ${name}`, hint)
  }
  for (const { name, source } of tables.values()) {
    if (reads.has(`t.${name}`)) continue
    issues.warn(source, 'unused-table', `no rule reads the table ${name}`, `read it as t.${name}.FIELD, or remove it`)
  }
  const texts = [...expressions, ...featureExpressions(features), ...[...tables.values()].map(({ on }) => on)]
  const asked = texts.map((each) => each?.text ?? '').join('\n')
  for (const { name, source } of lists.values()) {
    if (asked.includes(`'${name}'`) || asked.includes(`"${name}"`)) continue
    issues.warn(source, 'unused-list', `nothing asks for the list ${name}`, `ask inList('${name}', …), or remove it`)
  }
}

const featureExpressions = (features: Content['features']): (Expression | undefined)[] =>
  [...features.values()].flatMap(({ where, value, by, emit }) => [where, value, by, emit])

function expressionsOf(rules: readonly Rule[]): { readonly reads: readonly string[]; readonly text: string }[] {
  return rules.flatMap((rule) => {
    const reason = rule.then.reason === undefined ? [] : [rule.then.reason]
    if (rule.kind === 'event') return [rule.when, ...reason]
    const wheres = rule.steps.flatMap(({ where }) => (where === undefined ? [] : [where]))
    return [...(rule.by === undefined ? [] : [rule.by]), ...wheres, ...reason]
  })
}
