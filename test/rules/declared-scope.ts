import { compileExpression, type DeclaredScope, type Expression } from '../../src/rules/expression.ts'
import { type Decl, type DeclaredList, eventDecl, rowDecl, valueDecl } from '../../src/rules/scope.ts'
import { type FieldType, parseFieldType, type ValueType } from '../../src/rules/value-type.ts'

/** Fields as a rule file writes them; a `!` behind the type marks a personal one. */
export const fieldsOf = (types: Readonly<Record<string, string>>): Map<string, FieldType> =>
  new Map(
    Object.entries(types).map(([name, type]) => {
      const field = parseFieldType(type.replace('!', ''))
      if (field === undefined) throw new Error(`${type} is no field type`)
      return [name, { ...field, pii: type.endsWith('!') }]
    }),
  )

const cardFields = fieldsOf({
  amount: 'double',
  count: 'int',
  status: 'string',
  name: 'string!',
  ok: 'bool',
  geo: 'geo',
  tags: 'list<string>',
  scores: 'list<double>',
  constructor: 'string',
  'x-y': 'double',
})

const list = (from: 'static' | 'control', items: readonly (string | number)[]): DeclaredList => ({
  from,
  items: new Set(items),
  type: items.length === 0 ? undefined : typeof items[0] === 'string' ? 'string' : 'double',
})

/** What the tests' expressions may read: an event, a feature, two tables' rows, two steps. */
export const cardScope: DeclaredScope = {
  names: new Map<string, Decl>([
    ['e', eventDecl('card', cardFields)],
    ['a', eventDecl('card', cardFields)],
    ['b', eventDecl('card', cardFields)],
    ['key', valueDecl('string')],
    [
      'f',
      { kind: 'record', label: 'the rule set', noun: 'feature', members: new Map([['spend', valueDecl('double')]]) },
    ],
    [
      't',
      {
        kind: 'record',
        label: 'the rule set',
        noun: 'table',
        members: new Map([['customers', rowDecl('customers', fieldsOf({ balance: 'double', country: 'string' }))]]),
      },
    ],
  ]),
  lists: new Map([
    ['trusted', list('static', ['o-1', 'o-2'])],
    ['sizes', list('static', [1, 2])],
    ['blocked', list('control', [])],
  ]),
}

export const anyType: readonly ValueType[] = [
  'bool',
  'double',
  'string',
  'geo',
  'list<bool>',
  'list<double>',
  'list<string>',
  'list<geo>',
]

/** Compiles what must compile. */
export function compiled(text: string, expected: readonly ValueType[] = anyType): Expression {
  const { expression, problems } = compileExpression(text, cardScope, expected)
  if (expression === undefined) throw new Error(`${text}: ${problems.map(({ message }) => message).join('; ')}`)
  return expression
}
