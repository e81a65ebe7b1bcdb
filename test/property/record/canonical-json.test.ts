import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../src/record/canonical-json.ts'
import { runs } from './runs.ts'

const json = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' })

/** The same value with every object's members in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

/** The definition, word by word: sorted copies, written by JSON.stringify's rules for each member. */
function naive(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(naive).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${naive(member)}`).join(',')}}`
}

test('equals sorting and JSON.stringify, whatever the order of members', () => {
  fc.assert(
    fc.property(json, (value) => {
      const expected = naive(value)
      expect(canonicalJson(value)).toBe(expected)
      expect(canonicalJson(reversed(value))).toBe(expected)
      expect(canonicalJson(JSON.parse(expected))).toBe(expected)
    }),
    runs(500),
  )
})
