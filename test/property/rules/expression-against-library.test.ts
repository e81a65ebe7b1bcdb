import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression } from '../../../src/rules/expression.ts'
import { eventDecl } from '../../../src/rules/scope.ts'
import { fieldsOf } from '../../rules/declared-scope.ts'

/**
 * Our evaluation beside the library's own, where the two mean the same: doubles written as doubles, no absent lists, no
 * division by zero of its kind. An absent field is missing from its context, where reading it is an error.
 */
const numRuns = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 300)

const declared = {
  names: new Map([
    ['e', eventDecl('card', fieldsOf({ n: 'double', m: 'double', s: 'string', b: 'bool', l: 'list<double>' }))],
  ]),
  lists: new Map(),
}
const library = new Environment()
library.registerType({
  name: 'Event',
  schema: { n: 'double', m: 'double', s: 'string', b: 'bool', l: 'list<double>' },
} as never)
library.registerVariable('e', 'Event')

const number = fc.constantFrom('e.n', 'e.m', '1.0', '2.5', '0.0', '(0.0 - 3.0)')
const text = fc.constantFrom('e.s', "'a'", "''", "'ab'", '"é"')
const { condition } = fc.letrec<{ condition: string; sum: string }>((tie) => ({
  sum: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    number,
    fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/'), tie('sum')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('condition'), tie('sum'), tie('sum')).map(([test, a, b]) => `(${test} ? ${a} : ${b})`),
    tie('sum').map((sum) => `(-${sum})`),
  ),
  condition: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('e.b', 'true', 'false', 'has(e.n)', 'has(e.s)', 'e.n in e.l', '2.5 in [1.0, 2.5]'),
    fc.tuple(tie('sum'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('sum')).map((parts) => parts.join(' ')),
    fc.tuple(text, fc.constantFrom('==', '!=', '<', '>='), text).map((parts) => parts.join(' ')),
    fc.tuple(text, text).map(([a, b]) => `(${a}).startsWith(${b})`),
    fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map((parts) => `(${parts.join(' ')})`),
    tie('condition').map((inner) => `!(${inner})`),
    fc
      .tuple(fc.constantFrom('all', 'exists', 'exists_one'), tie('sum'))
      .map(([name, sum]) => `e.l.${name}(x, x > ${sum})`),
  ),
}))

const doubles = fc.constantFrom(-3, -0.5, 0, 1, 2.5, 1e300)
const event = fc.record(
  {
    n: doubles,
    m: doubles,
    s: fc.constantFrom('', 'a', 'ab', 'é'),
    b: fc.boolean(),
    l: fc.array(doubles, { maxLength: 3 }),
  },
  { requiredKeys: [] },
)

describe('a condition', () => {
  it("has the library's value, or is undefined where the library fails", () => {
    fc.assert(
      fc.property(condition, event, (source, e) => {
        const ours = compileExpression(source, declared, ['bool'])
        expect(ours.problems).toEqual([])
        let theirs: unknown
        try {
          theirs = library.evaluate(source, { e: Object.assign(Object.create(null), e) })
        } catch {
          theirs = undefined
        }
        expect(ours.expression?.evaluate({ e })).toBe(theirs)
      }),
      { numRuns },
    )
  })

  it('is true exactly when all its conjuncts are', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 4 }), event, (sources, e) => {
        const { expression } = compileExpression(sources.join(' && '), declared, ['bool'])
        const parts = expression!.conjuncts.map((part) => part.evaluate({ e }))
        expect(expression!.evaluate({ e }) === true).toBe(parts.every((part) => part === true))
      }),
      { numRuns },
    )
  })
})
