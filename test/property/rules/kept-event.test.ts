import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keptEventSerde } from '../../../src/rules/kept-event.ts'

const { WEIR_PROPERTY_RUNS, WEIR_PROPERTY_SEED } = process.env
const parameters = {
  numRuns: Number(WEIR_PROPERTY_RUNS ?? 300),
  ...(WEIR_PROPERTY_SEED !== undefined && { seed: Number(WEIR_PROPERTY_SEED) }),
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom('', '\ud800', 'a\udfffb', 'é', '🙂', 'x'.repeat(84), 'x'.repeat(85), 'é'.repeat(84), 'é'.repeat(300)),
)
// A field never holds −0: it is read as 0.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))
const scalar = fc.oneof(text, number, fc.boolean(), fc.record({ lat: number, lon: number }))
const value = fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar, { maxLength: 300 }))
const name = fc.constantFrom('amount', 'outletId', 'geo', 'tags', 'toString', 'ä', 'dropped')
const kept = new Set(['geo', 'amount', 'tags', 'toString', 'ä', 'outletId', 'time', 'id', 'type'])
const timeMs = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })

const event = fc.record({ id: text, type: text, timeMs, fields: fc.dictionary(name, value, { noNullPrototype: true }) })
const withImplied = ({ id, type, timeMs, fields }: typeof event extends fc.Arbitrary<infer E> ? E : never) => ({
  id,
  type,
  timeMs,
  fields: { ...fields, time: timeMs, id, type } as Record<string, unknown>,
})

describe('an event that a sequence keeps', () => {
  test('comes back with the fields that are kept, and only those', () => {
    const serde = keptEventSerde(kept)
    fc.assert(
      fc.property(event.map(withImplied), (original) => {
        const fields = Object.fromEntries(Object.entries(original.fields).filter(([field]) => kept.has(field)))
        const bytes = serde.serialize(original)
        const packed = bytes.toString('latin1')
        expect(serde.deserialize(bytes)).toEqual({ ...original, fields })
        expect(serde.packed!.serialize(original)).toBe(packed)
        expect(serde.packed!.deserialize(packed)).toEqual({ ...original, fields })
      }),
      parameters,
    )
  })

  test('has the same bytes whatever the order of its fields, and of the names to keep', () => {
    const [one, other] = [keptEventSerde(kept), keptEventSerde(new Set([...kept].reverse()))]
    fc.assert(
      fc.property(event.map(withImplied), (original) => {
        const turned = { ...original, fields: Object.fromEntries(Object.entries(original.fields).reverse()) }
        expect(other.serialize(turned).equals(one.serialize(original))).toBe(true)
      }),
      parameters,
    )
  })

  test('is refused when its bytes are cut off or have more behind', () => {
    const serde = keptEventSerde(kept)
    fc.assert(
      fc.property(event.map(withImplied), fc.nat(), (original, cut) => {
        const bytes = serde.serialize(original)
        const refused = expect.objectContaining({ name: 'SerdeError' })
        expect(() => serde.deserialize(bytes.subarray(0, cut % bytes.length))).toThrow(refused)
        expect(() => serde.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(refused)
      }),
      parameters,
    )
  })
})
