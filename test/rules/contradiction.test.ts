import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression } from '../../src/rules/expression.ts'
import { contradictionIn } from '../../src/rules/loading/contradiction.ts'
import { cardScope } from './declared-scope.ts'

const found = (text: string) => contradictionIn(compileExpression(text, cardScope, ['bool']).expression!)

describe('a contradiction', () => {
  it.each([
    ['e.amount > 5 && e.amount < 3', 'e.amount > 5', 'e.amount < 3'],
    ['e.amount > 5 && 5 >= e.amount', 'e.amount > 5', '5 >= e.amount'],
    ["e.status == 'a' && e.amount > 1 && e.status == 'b'", "e.status == 'a'", "e.status == 'b'"],
    ["e.status == 'a' && e.status != 'a'", "e.status == 'a'", "e.status != 'a'"],
    ['e.amount == 3 && e.amount > 2 + 1', 'e.amount == 3', 'e.amount > 2 + 1'],
  ])('is seen in %s', (text, one, other) => {
    expect(found(text)).toEqual([one, other])
  })

  it.each([
    'e.amount >= 5 && e.amount <= 5',
    "e.status == 'a' || e.status == 'b'",
    "e.status != 'a' && e.status != 'b'",
    "e.status == 'a' && 'a' == e.status",
    'e.amount > 5 && t.customers.balance < 3',
  ])('is not seen in %s', (text) => {
    expect(found(text)).toBeUndefined()
  })

  it('is seen exactly when no number fulfils both', () => {
    const bound = fc.record({
      op: fc.constantFrom('==', '!=', '<', '<=', '>', '>='),
      value: fc.nat({ max: 4 }),
    })
    fc.assert(
      fc.property(bound, bound, (a, b) => {
        const text = [a, b].map(({ op, value }) => `e.amount ${op} ${value}`).join(' && ')
        const { expression } = compileExpression(text, cardScope, ['bool'])
        const numbers = Array.from({ length: 13 }, (_, n) => n / 2 - 1)
        const isPossible = numbers.some((amount) => expression!.evaluate({ e: { amount } }) === true)
        expect(contradictionIn(expression!) === undefined).toBe(isPossible)
      }),
    )
  })
})
