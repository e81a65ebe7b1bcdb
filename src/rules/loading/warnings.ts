import { canonicalJson } from '../../record/canonical-json.ts'
import type { Expression } from '../expression.ts'
import type { Rule, RuleSet } from '../rule-set.ts'
import type { Issues } from './issues.ts'

type Content = Pick<RuleSet, 'tables' | 'lists' | 'features' | 'rules'>

/** Reports what loads and yet is hardly meant. Expiry is judged only when the caller says what time it is. */
export function warnAbout(content: Content, issues: Issues, nowMs?: number): void {
  for (const rule of content.rules) {
    warnNeverFires(rule, issues)
    if (nowMs === undefined || rule.expiresAtMs === undefined || rule.expiresAtMs > nowMs) continue
    issues.warn(rule.source, 'expired', `the rule ${rule.id} has expired`, 'remove it, or give it a later expires')
  }
  warnSameConditions(content.rules, issues)
  warnUnused(content, issues)
}

/** A condition that is false, or an error, whatever is read. */
const isNeverTrue = (condition: Expression): boolean =>
  condition.conjuncts.some((part) => part.reads.length === 0 && part.lists.length === 0 && part.evaluate({}) !== true)

function warnNeverFires(rule: Rule, issues: Issues): void {
  const conditions =
    rule.kind === 'event'
      ? [rule.when]
      : rule.steps.flatMap((step) => (step.kind === 'event' && step.where !== undefined ? [step.where] : []))
  if (!conditions.some(isNeverTrue)) return
  issues.warn(rule.source, 'never-fires', `the rule ${rule.id} can never fire: its condition is never true`)
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
