import { compileExpression, type Expression } from '../expression.ts'
import type { EventDef, TableDef } from '../rule-set.ts'
import { type TableShape, tableName, tableSchema } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import { type FieldType, fieldTypeName, valueTypeOf } from '../value-type.ts'
import { buildFields } from './build-events.ts'
import { sourceOf } from './issues.ts'
import { expressionAt, type Known, type Names, sound } from './names.ts'
import { eventScope, keyTypes } from './scopes.ts'
import type { Named } from './sections.ts'
import { checkShape } from './shape.ts'
import { entryOf } from './tree.ts'

export function buildTables(tables: readonly Named[], names: Names): void {
  for (const table of tables) names.tables.set(table.name, buildTable(table, names))
}

function buildTable(named: Named, names: Names): Known<TableDef> {
  const { name, key, value } = named
  const { issues } = names
  const shape = checkShape(tableSchema, value, issues)
  const goodName = checkName(named, names, 'table', 't')
  if (shape === undefined || !goodName) return 'broken'
  const from = entryOf(value, 'from')!.value
  if (names.events.has(shape.from)) {
    const hint = 'an event type says what happened, a data type what a row is: give one of them another name'
    issues.error(from, 'event-is-data-type', `${shape.from} is an event type too`, hint)
    return 'broken'
  }
  const fields = buildFields(shape.fields, entryOf(value, 'fields')!.value, names)
  if (fields === undefined) return 'broken'
  const join = buildJoin(named, shape, fields, names)
  return join === 'broken' ? 'broken' : { name, from: shape.from, fields, source: sourceOf(key), ...join }
}

/** Names of tables and features stand in expressions. */
export function checkName({ name, key }: Named, names: Names, what: string, root: string): boolean {
  if (tableName.safeParse(name).success) return true
  const hint = `use letters, digits and _, since conditions read it as ${root}.NAME`
  names.issues.error(key, 'bad-name', `${name === '' ? 'an empty text' : name} cannot be the name of a ${what}`, hint)
  return false
}

function buildJoin(
  { key, value }: Named,
  { id, on: onText }: TableShape,
  fields: ReadonlyMap<string, FieldType>,
  names: Names,
): Known<Pick<TableDef, 'id' | 'on'>> {
  const { issues } = names
  const idTree = entryOf(value, 'id')?.value ?? key
  const field = id === undefined ? undefined : fields.get(id)
  if (id !== undefined && field === undefined) {
    issues.error(idTree, 'unknown-field', `the table has no field ${id}`, suggestion(id, fields.keys(), 'fields'))
    return 'broken'
  }
  if (field !== undefined && !keyTypes.includes(valueTypeOf(field))) {
    issues.error(
      idTree,
      'table-join',
      `a ${fieldTypeName(field)} cannot identify a row`,
      'use a text, a number or a bool',
    )
    return 'broken'
  }
  if (onText === undefined) return id === undefined ? {} : { id }
  if (id === undefined || field === undefined) {
    const hint = 'add id: the field of the row that must equal it'
    issues.error(entryOf(value, 'on')!.key, 'table-join', 'on needs an id', hint)
    return 'broken'
  }
  const on = joinExpression({ value, onText, wanted: valueTypeOf(field) }, names)
  return on === undefined ? 'broken' : { id, on }
}

/** `on` means the same on every event type that has what it reads; it is reported on the first when none has. */
function joinExpression(
  { value, onText, wanted }: { value: Named['value']; onText: string; wanted: Expression['type'] },
  names: Names,
): Expression | undefined {
  const events = [...sound(names.events).values()]
  for (const event of events) {
    const { expression } = compileExpression(onText, eventScope(event, names, 'on'), [wanted])
    if (expression !== undefined) return expression
  }
  const tree = entryOf(value, 'on')!.value
  // A broken event may be the one that has the fields.
  if ([...names.events.values()].includes('broken')) return undefined
  return expressionAt(tree, eventScope(allEvents(events), names, 'on'), [wanted], names)
}

/** Stands for all event types in a message about a field that none of them has. */
function allEvents(events: readonly EventDef[]): EventDef {
  const fields = new Map(events.flatMap((event) => [...event.fields]))
  const source = events[0]?.source ?? { file: '', line: 1, column: 1 }
  return { type: 'no event type that', dedupe: true, fields, source }
}
