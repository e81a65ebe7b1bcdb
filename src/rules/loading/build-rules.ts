import { parseEventTime } from '../../time/event-time.ts'
import type { EventRule, Rule } from '../rule-set.ts'
import { type EventRuleShape, eventRuleSchema, type SequenceRuleShape, sequenceRuleSchema } from '../schema.ts'
import type { DeclaredScope } from '../scope.ts'
import type { Template } from '../template.ts'
import { buildSequence } from './build-sequence.ts'
import { sourceOf } from './issues.ts'
import { eventNamed, expressionAt, FirstPlaces, type Known, type Names, templateAt } from './names.ts'
import { ruleScope } from './scopes.ts'
import { reportTwice } from './sections.ts'
import { checkShape } from './shape.ts'
import { entryOf, type Tree } from './tree.ts'

/** Builds the rules that are sound; `ids` gets the id of each rule that is there, sound or not. */
export function buildRules(trees: readonly Tree[], ids: Set<string>, names: Names): Rule[] {
  const places = new FirstPlaces()
  const rules: Rule[] = []
  for (const tree of trees) {
    const id = entryOf(tree, 'id')?.value
    if (id?.kind === 'scalar' && typeof id.value === 'string') {
      const earlier = places.claim(id.value, id)
      if (earlier !== undefined) reportTwice(`the rule ${id.value}`, id, earlier, names.issues)
      ids.add(id.value)
    }
    const rule = buildRule(tree, names)
    if (rule !== 'broken') rules.push(rule)
  }
  return rules
}

function buildRule(tree: Tree, names: Names): Known<Rule> {
  const [event, sequence] = [entryOf(tree, 'event'), entryOf(tree, 'sequence')]
  const both = event !== undefined && sequence !== undefined
  const neither = event === undefined && sequence === undefined && entryOf(tree, 'when') === undefined
  if (both || (neither && tree.kind === 'map')) {
    const message = both
      ? 'a rule has event and when, or sequence, not both'
      : 'a rule needs event and when, or sequence'
    const hint = both ? 'remove one, or make two rules of it' : 'add event: TYPE and when: CONDITION'
    names.issues.error(both ? sequence.key : tree, 'rule-kind', message, hint)
    return 'broken'
  }
  return sequence === undefined ? buildEventRule(tree, names) : buildSequenceRule(tree, names)
}

function buildEventRule(tree: Tree, names: Names): Known<EventRule> {
  const shape = checkShape(eventRuleSchema, tree, names.issues)
  const event = eventNamed(entryOf(tree, 'event')?.value, names, 'a rule')
  const expiry = expiryOf(shape, tree, names)
  if (event === undefined) return 'broken'
  const scope = ruleScope(event, names)
  const when = expressionAt<boolean>(entryOf(tree, 'when')?.value, scope, ['bool'], names)
  const reason = reasonOf(tree, scope, names)
  if (shape === undefined || when === undefined || reason === 'broken' || expiry === 'broken') return 'broken'
  return { ...common(shape, tree), ...expiry, ...thenOf(shape, reason), kind: 'event', event: event.type, when }
}

function buildSequenceRule(tree: Tree, names: Names): Known<Rule> {
  const shape = checkShape(sequenceRuleSchema, tree, names.issues)
  const expiry = expiryOf(shape, tree, names)
  const sequence = buildSequence(shape, tree, names)
  const reason = reasonOf(tree, sequence.reasonScope, names)
  if (shape === undefined || sequence.parts === undefined || reason === 'broken' || expiry === 'broken') return 'broken'
  return { ...common(shape, tree), ...expiry, ...thenOf(shape, reason), kind: 'sequence', ...sequence.parts }
}

type RuleShape = EventRuleShape | SequenceRuleShape

function common({ id, mode, describe, owner, tags }: RuleShape, tree: Tree) {
  return {
    id,
    mode: mode ?? ('live' as const),
    tags: tags ?? [],
    source: sourceOf(entryOf(tree, 'id')?.value ?? tree),
    ...(describe === undefined ? {} : { describe }),
    ...(owner === undefined ? {} : { owner }),
  }
}

const dayMs = 86_400_000

function expiryOf(shape: RuleShape | undefined, tree: Tree, names: Names): Known<{ expiresAtMs?: number }> {
  const expires = shape?.expires
  if (expires === undefined) return {}
  const startMs = parseEventTime(`${expires}T00:00:00Z`)
  if (startMs !== undefined) return { expiresAtMs: startMs + dayMs }
  const place = entryOf(tree, 'expires')?.value ?? tree
  names.issues.error(place, 'bad-date', `there is no ${expires} in the calendar`, 'write it as 2026-12-31')
  return 'broken'
}

function reasonOf(tree: Tree, scope: DeclaredScope, names: Names): Known<Template> | undefined {
  const text = entryOf(entryOf(tree, 'then')?.value, 'reason')?.value
  return text === undefined ? undefined : (templateAt(text, scope, names) ?? 'broken')
}

function thenOf({ then: { outcome, score } }: RuleShape, reason: Template | undefined): Pick<Rule, 'then'> {
  // biome-ignore lint/suspicious/noThenProperty: the contract's name; it is no function, so nothing awaits it
  return { then: { outcome, score, ...(reason === undefined ? {} : { reason }) } }
}
