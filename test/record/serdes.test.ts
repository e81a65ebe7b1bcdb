import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SerdeError } from '../../src/errors.ts'
import type { Serde } from '../../src/record/serde.ts'
import { float64Serde, int64Serde, jsonSerde, stringSerde } from '../../src/record/serdes.ts'

const roundTrips = <T>(serde: Serde<T>, values: fc.Arbitrary<T>) =>
  fc.assert(
    fc.property(values, (value) => {
      expect(serde.deserialize(serde.serialize(value))).toEqual(value)
    }),
  )

const jsonWithoutNegativeZero = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as fc.JsonValue)

describe('the standard serdes give back what they were given', () => {
  test('text', () =>
    roundTrips(
      stringSerde,
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    ))
  test('fractions, −0, NaN and infinities', () => roundTrips(float64Serde, fc.double()))
  test('whole numbers', () => roundTrips(int64Serde, fc.maxSafeInteger()))
  test('the edges of whole numbers', () => {
    for (const value of [
      0,
      1,
      -1,
      2 ** 32,
      -(2 ** 32),
      2 ** 32 - 1,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]) {
      expect(int64Serde.deserialize(int64Serde.serialize(value))).toBe(value)
    }
  })
  test('JSON', () => roundTrips(jsonSerde<fc.JsonValue>(), jsonWithoutNegativeZero))
})

describe('equal values give equal bytes', () => {
  test('objects, whatever the order of their members', () => {
    const { serialize } = jsonSerde<object>()
    expect(serialize({ b: [{ y: 1, x: 2 }], a: 1 })).toEqual(serialize({ a: 1, b: [{ x: 2, y: 1 }] }))
  })
  test('objects, whether a member is undefined or absent', () => {
    const { serialize } = jsonSerde<object>()
    expect(serialize({ a: 1, b: undefined })).toEqual(serialize({ a: 1 }))
  })
  test('every NaN', () => {
    expect(float64Serde.serialize(-Number.NaN)).toEqual(float64Serde.serialize(0 / 0))
  })
})

describe('what a serde cannot say is a SerdeError', () => {
  test.each([
    ['half a surrogate pair', () => stringSerde.serialize('\ud800')],
    ['bytes that are not UTF-8', () => stringSerde.deserialize(Buffer.from([0xff]))],
    ['a fraction as a whole number', () => int64Serde.serialize(1.5)],
    ['a whole number beyond 2^53', () => int64Serde.deserialize(Buffer.from('7fffffffffffffff', 'hex'))],
    ['seven bytes as a number', () => float64Serde.deserialize(Buffer.alloc(7))],
    ['eight bytes and one', () => int64Serde.deserialize(Buffer.alloc(9))],
    ['NaN in JSON', () => jsonSerde<number>().serialize(Number.NaN)],
    ['undefined as JSON', () => jsonSerde<undefined>().serialize(undefined)],
    ['a map as JSON', () => jsonSerde<unknown>().serialize({ a: new Map() })],
    ['a bigint as JSON', () => jsonSerde<unknown>().serialize([1n])],
    ['half of a JSON text', () => jsonSerde<unknown>().deserialize(Buffer.from('{"a":'))],
  ])('%s', (_, attempt) => {
    expect(attempt).toThrow(SerdeError)
  })
})
