import { expect, test } from 'vitest'
import { masked, maskFields, maskIn } from '../../src/record/mask.ts'

test('maskFields masks the fields named, whatever they hold, and leaves what is absent', () => {
  const fields = { name: 'Ann', age: 7, geo: { lat: 1, lon: 2 }, none: null, amount: 25 }
  expect(maskFields(fields, new Set(['name', 'age', 'geo', 'none', 'other']))).toEqual({
    name: masked,
    age: masked,
    geo: masked,
    none: null,
    amount: 25,
  })
  expect(fields.name).toBe('Ann')
})

test.each([
  ['Ann of Annfield', ['Ann', 'Annfield'], '*** of ***'],
  ['at 51.5, -0.12', [{ lat: 51.5, lon: -0.12 }], 'at ***, ***'],
  ['"a\\"b" and a"b', ['a"b'], '"***" and ***'],
  ['a.c abc', ['a.c'], '*** abc'],
  ['a*b *', ['*'], 'a***b ***'],
  ['true', [true, null, undefined, ''], 'true'],
  ['nothing', [], 'nothing'],
])('maskIn masks values in "%s"', (text, values, expected) => {
  expect(maskIn(text, values)).toBe(expected)
})
