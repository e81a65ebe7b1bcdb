import { describe, expect, it } from 'vitest'
import { compositeKey, typedKey } from '../../src/operators/sequence/typed-key.ts'

describe('a typed key', () => {
  it('is one text for each value, and another for another value or type', () => {
    const values = [1, '1', 'n1', true, 'true', 'bt', false, '', 0, '\ud800', '\udfff', '"\\ud800"']
    expect(new Set(values.map(typedKey)).size).toBe(values.length)
    expect(typedKey(-0)).toBe(typedKey(0))
  })

  it.each([undefined, null, Number.NaN, ['a'], { lat: 1, lon: 2 }])('is none of %j', (value) => {
    expect(typedKey(value)).toBeUndefined()
  })
})

describe('a composite key', () => {
  it('keeps its parts apart, whatever they hold', () => {
    const lists = [['a', 'bc'], ['ab', 'c'], ['abc'], ['', 'abc'], ['abc', ''], ['a:bc'], ['a', ':bc'], ['a:', 'bc']]
    expect(new Set(lists.map(compositeKey)).size).toBe(lists.length)
  })
})
