import { describe, expect, it } from 'vitest'
import { nearest, suggestion } from '../../src/rules/suggest.ts'

describe('a suggestion', () => {
  const fields = ['amount', 'cardId', 'status', 'outletId']
  it.each([
    ['amont', 'amount'],
    ['amuont', 'amount'],
    ['Amount', 'amount'],
    ['cardid', 'cardId'],
    ['card_id', 'cardId'],
    ['outlet', 'outletId'],
    ['e', undefined],
    ['velocity', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('for %s is %s', (name, expected) => {
    expect(nearest(name, fields)).toBe(expected)
  })

  it('names what there is when nothing is near', () => {
    expect(suggestion('velocity', fields, 'fields')).toBe('fields: amount, cardId, outletId, status')
    expect(suggestion('velocity', [], 'fields')).toBe('there are no fields here')
  })
})
