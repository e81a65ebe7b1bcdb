import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  payloadOf,
  readOrdered,
  timestampedBytes,
  timestampOf,
  wellFormed,
  windowKey,
  windowOffsetOf,
  windowPrefix,
  windowRange,
  windowTimeOf,
  writeOrdered,
} from '../../src/state/keys.ts'

const whole = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2 ** 32, 2 ** 32 - 1, -(2 ** 32), -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)
const ordered = (value: number) => {
  const bytes = Buffer.alloc(8)
  writeOrdered(bytes, value, 0)
  return bytes
}
const key = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u00ff', 'é', '😀'), maxLength: 4 })

test('numbers order as bytes and come back', () => {
  fc.assert(
    fc.property(whole, whole, (a, b) => {
      expect(readOrdered(ordered(a), 0)).toBe(a)
      expect(Buffer.compare(ordered(a), ordered(b))).toBe(Math.sign(a - b))
    }),
  )
})

test('only whole numbers can be times and offsets', () => {
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    expect(() => ordered(value)).toThrow(RangeError)
})

test('a timestamped value keeps its time and payload', () => {
  const bytes = timestampedBytes(-7, Buffer.from('payload'))
  expect([timestampOf(bytes), payloadOf(bytes).toString()]).toEqual([-7, 'payload'])
})

test('entries of a key order by time, then offset, and come back', () => {
  fc.assert(
    fc.property(key, whole, whole, whole, whole, (name, timeA, offsetA, timeB, offsetB) => {
      const prefix = windowPrefix(name)
      const a = windowKey(prefix, timeA, offsetA)
      const b = windowKey(prefix, timeB, offsetB)
      expect([windowTimeOf(a), windowOffsetOf(a)]).toEqual([timeA, offsetA])
      expect(Buffer.compare(a, b)).toBe(Math.sign(timeA - timeB || offsetA - offsetB))
    }),
  )
})

test('a range holds exactly the entries of its key within its times, both inclusive', () => {
  const bound = fc.oneof(whole, fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY))
  fc.assert(
    fc.property(key, key, whole, whole, bound, bound, (asked, stored, timeMs, offset, fromMs, toMs) => {
      fc.pre(fromMs !== Number.POSITIVE_INFINITY && toMs !== Number.NEGATIVE_INFINITY)
      const { gte, lt } = windowRange(windowPrefix(asked), fromMs, toMs)
      const entry = windowKey(windowPrefix(stored), timeMs, offset)
      const inside = Buffer.compare(gte, entry) <= 0 && Buffer.compare(entry, lt!) < 0
      expect(inside).toBe(asked === stored && fromMs <= timeMs && timeMs <= toMs)
    }),
    { numRuns: 2000 },
  )
})

test('half a surrogate pair becomes what UTF-8 writes for it', () => {
  expect(wellFormed('a\ud800')).toBe('a\ufffd')
  expect(wellFormed('😀')).toBe('😀')
})
