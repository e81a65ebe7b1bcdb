import { compileExpression, type DeclaredScope, type Expression } from '../expression.ts'
import type { EventDef, FeatureDef, ListDef, TableDef } from '../rule-set.ts'
import type { DeclaredList } from '../scope.ts'
import { suggestion } from '../suggest.ts'
import { compileTemplate, type Template } from '../template.ts'
import type { ValueType } from '../value-type.ts'
import type { Issues } from './issues.ts'
import type { Place } from './source-file.ts'
import { placeIn, type Tree } from './tree.ts'

/** A definition, or `broken`: it is there, but its problems have been reported, so nobody complains about it again. */
export type Known<T> = T | 'broken'

/** What the parts of a rule set know of each other while it is built. */
export interface Names {
  readonly issues: Issues
  readonly events: Map<string, Known<EventDef>>
  readonly tables: Map<string, Known<TableDef>>
  readonly lists: Map<string, ListDef>
  /** Broken ones too, with any type. */
  readonly declaredLists: Map<string, DeclaredList>
  readonly features: Map<string, Known<FeatureDef>>
  /** By event type: what conditions on it may read, once tables and features are known. */
  readonly ruleScopes: Map<string, DeclaredScope>
}

export const sound = <T>(all: ReadonlyMap<string, Known<T>>): Map<string, T> =>
  new Map([...all].filter((entry): entry is [string, T] => entry[1] !== 'broken'))

/** Finds the event type that `tree` names; undefined when there is none to go on with. */
export function eventNamed(tree: Tree | undefined, names: Names, use: string): EventDef | undefined {
  if (tree?.kind !== 'scalar' || typeof tree.value !== 'string') return undefined
  const type = tree.value
  const event = names.events.get(type)
  if (event === 'broken') return undefined
  if (event !== undefined) return event
  const table = [...sound(names.tables).values()].find(({ from }) => from === type)
  if (table !== undefined) {
    const hint = `name a business event here, and read the row as t.${table.name}`
    names.issues.error(tree, 'rule-on-data-type', `${type} is a data type: ${use} cannot wait for it`, hint)
    return undefined
  }
  const feature = type.startsWith('feature.') ? names.features.get(type.slice('feature.'.length)) : undefined
  if (feature === 'broken') return undefined
  if (feature !== undefined) {
    const hint = `only a feature with scope: global writes events; read this one as f.${feature.name}`
    names.issues.error(tree, 'unknown-event', `the feature ${feature.name} writes no events`, hint)
    return undefined
  }
  const hint = suggestion(type, names.events.keys(), 'event types under events')
  names.issues.error(tree, 'unknown-event', `there is no event type ${type}`, hint)
  return undefined
}

/** Compiles the expression that `tree` writes and reports its problems; undefined when there are any. */
export function expressionAt<T>(
  tree: Tree | undefined,
  scope: DeclaredScope,
  expected: readonly ValueType[],
  names: Names,
): Expression<T> | undefined {
  if (tree?.kind !== 'scalar' || typeof tree.value !== 'string') return undefined
  const { expression, problems } = compileExpression(tree.value, scope, expected)
  for (const { start, code, message, hint } of problems) {
    names.issues.error(placeIn(tree, start), code, message, hint)
  }
  return expression as Expression<T> | undefined
}

/** As `expressionAt`, for a reason. */
export function templateAt(tree: Tree | undefined, scope: DeclaredScope, names: Names): Template | undefined {
  if (tree?.kind !== 'scalar' || typeof tree.value !== 'string') return undefined
  const { template, problems } = compileTemplate(tree.value, scope)
  for (const { start, code, message, hint } of problems) {
    names.issues.error(placeIn(tree, start), code, message, hint)
  }
  return template
}

/** Remembers the first place of each name, to report the second. */
export class FirstPlaces {
  readonly #places = new Map<string, Place>()

  /** Gives the place where the name was before, if it was. */
  claim(name: string, place: Place): Place | undefined {
    const earlier = this.#places.get(name)
    if (earlier === undefined) this.#places.set(name, place)
    return earlier
  }
}
