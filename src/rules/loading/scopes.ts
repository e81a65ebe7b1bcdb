import { compileExpression } from '../expression.ts'
import type { EventDef, FeatureDef, TableDef } from '../rule-set.ts'
import { type Decl, type DeclaredScope, eventDecl, forbidden, rowDecl, valueDecl } from '../scope.ts'
import type { FieldType, ValueType } from '../value-type.ts'
import type { Names } from './names.ts'

/** What may be a `by`, a list's item or the value of `distinct`. */
export const keyTypes: readonly ValueType[] = ['string', 'double', 'bool']

const eventOf = (event: EventDef): Decl => eventDecl(event.type, event.fields)

/** Of a feature's `where`, `value` and `by`, a sequence's `by`, a table's `on`: the event alone. */
export function eventScope(event: EventDef, names: Names, what: string): DeclaredScope {
  return {
    names: new Map<string, Decl>([
      ['e', eventOf(event)],
      ['key', valueDecl('string')],
      [
        'f',
        forbidden(`${what} cannot read features`, 'it reads the event (e.…), key and lists; use the feature in a rule'),
      ],
      [
        't',
        forbidden(`${what} cannot read tables`, 'it reads the event (e.…), key and lists; read the table in a rule'),
      ],
    ]),
    lists: names.declaredLists,
  }
}

/** Of a rule's `when` and `reason`: everything that can be known about this type of event. */
export function ruleScope(event: EventDef, names: Names): DeclaredScope {
  const known = names.ruleScopes.get(event.type)
  if (known !== undefined) return known
  const features = membersOf(names.features, (feature) => featureOn(feature, event, names))
  const tables = membersOf(names.tables, (table) => tableOn(table, event, names))
  const scope: DeclaredScope = {
    names: new Map<string, Decl>([
      ['e', eventOf(event)],
      ['key', valueDecl('string')],
      ['f', { kind: 'record', label: 'the rule set', noun: 'feature', members: features }],
      ['t', { kind: 'record', label: 'the rule set', noun: 'table', members: tables }],
    ]),
    lists: names.declaredLists,
  }
  names.ruleScopes.set(event.type, scope)
  return scope
}

const broken: Decl = { kind: 'value', type: 'unknown', pii: false }

/** A name whose definition has problems may be read: they are reported there. */
const membersOf = <T>(defs: ReadonlyMap<string, T | 'broken'>, declOf: (def: T) => Decl): Map<string, Decl> =>
  new Map([...defs].map(([name, def]) => [name, def === 'broken' ? broken : declOf(def)]))

function featureOn(feature: FeatureDef, event: EventDef, names: Names): Decl {
  if (feature.scope === 'global') {
    const hint = `write a rule with event: feature.${feature.name}, and read its result as e.value`
    return forbidden(`f.${feature.name} is a global feature: its results are events`, hint)
  }
  const { by } = feature
  if (by !== undefined && !readsOn(by.text, by.type, event, names)) {
    const hint = `declare what ${by.text} reads as fields of ${event.type}, or use a feature without it`
    return forbidden(`f.${feature.name} is kept by ${by.text}, which ${event.type} does not have`, hint)
  }
  return valueDecl(feature.type, feature.pii)
}

function tableOn(table: TableDef, event: EventDef, names: Names): Decl {
  const { on } = table
  if (on !== undefined && !readsOn(on.text, on.type, event, names)) {
    const hint = `declare what ${on.text} reads as fields of ${event.type}`
    return forbidden(`t.${table.name} is found by ${on.text}, which ${event.type} does not have`, hint)
  }
  return rowDecl(table.name, table.fields)
}

/** True when an expression means the same on another type of event: it compiles there, to the same type. */
export function readsOn(text: string, type: ValueType, event: EventDef, names: Names): boolean {
  const { expression } = compileExpression(text, eventScope(event, names, 'this'), [type])
  return expression !== undefined
}

export interface StepNames {
  readonly name: string
  readonly event: EventDef | undefined
}

/** Of a step's `where`: its own event as `e`, and the steps up to it by name. */
export function stepScope(event: EventDef, steps: readonly StepNames[], readable: number, names: Names): DeclaredScope {
  const scope = new Map<string, Decl>([
    ['e', eventOf(event)],
    ['key', valueDecl('string')],
    ['f', forbidden('a step cannot read features', 'it reads the events of this and earlier steps')],
    ['t', forbidden('a step cannot read tables', 'it reads the events of this and earlier steps')],
  ])
  for (const [index, step] of steps.entries()) {
    const later = forbidden(`the step ${step.name} comes later`, `move the condition to the step ${step.name}`)
    scope.set(step.name, index < readable ? stepDecl(step) : later)
  }
  return { names: scope, lists: names.declaredLists }
}

const stepDecl = (step: StepNames): Decl => (step.event === undefined ? broken : eventOf(step.event))

/** Of a sequence's reason: every step by name, and as `e` the event that completed the match, of any step's type. */
export function sequenceReasonScope(steps: readonly StepNames[], names: Names): DeclaredScope {
  const fields = new Map<string, FieldType>()
  const clashing = new Set<string>()
  for (const { event } of steps) {
    for (const [name, field] of event?.fields ?? []) {
      const known = fields.get(name)
      if (known !== undefined && (known.kind !== field.kind || known.element !== field.element)) clashing.add(name)
      fields.set(name, known === undefined ? field : { ...known, pii: known.pii || field.pii })
    }
  }
  for (const name of clashing) fields.delete(name)
  const scope = new Map<string, Decl>([
    ['e', steps.some(({ event }) => event === undefined) ? broken : eventDecl("the steps' events", fields)],
    ['key', valueDecl('string')],
    ['f', forbidden("a sequence's reason cannot read features", 'it reads the events of its steps by name')],
    ['t', forbidden("a sequence's reason cannot read tables", 'it reads the events of its steps by name')],
  ])
  for (const step of steps) scope.set(step.name, stepDecl(step))
  return { names: scope, lists: names.declaredLists }
}
