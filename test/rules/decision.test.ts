import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/record/canonical-json.ts'
import { type DecisionParts, decisionJson } from '../../src/rules/decision.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/)
const offset = fc.nat()
const outcome = fc.constantFrom('allow', 'review', 'challenge', 'block')
const firing = fc.record({
  rule: name,
  mode: fc.constantFrom('live', 'shadow'),
  outcome,
  score: fc.double({ min: 0, max: 100, noNaN: true }),
  reason: fc.option(text, { nil: undefined }),
  evidence: fc.array(fc.record({ step: name, id: text, partition: fc.nat(9), offset }), { maxLength: 3 }),
})
const parts: fc.Arbitrary<DecisionParts> = fc.record(
  {
    decisionId: text,
    key: text,
    event: fc.record({ type: text, id: text, timeMs: fc.integer(), offset, partition: fc.nat(9) }),
    firings: fc.uniqueArray(firing, { selector: ({ rule }) => rule, maxLength: 4 }),
    failed: fc.array(fc.record({ rule: name, code: text }), { maxLength: 2 }),
    truncated: fc.uniqueArray(name, { maxLength: 3 }),
    features: fc
      .array(fc.tuple(name, fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), text, fc.boolean())))
      .map((entries) => Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))),
    rows: fc.array(fc.record({ table: name, offset, id: text }), { maxLength: 2 }),
    absent: fc.array(text, { maxLength: 2 }),
    ruleSet: fc.record({ offset: fc.integer({ min: -1 }), hash: text }),
    firedAt: fc.record({ offset }),
    late: fc.record({ lagMs: fc.nat(), outcome }),
  },
  {
    requiredKeys: [
      'decisionId',
      'key',
      'event',
      'firings',
      'failed',
      'truncated',
      'features',
      'rows',
      'absent',
      'ruleSet',
    ],
  },
) as fc.Arbitrary<DecisionParts>

describe('a decision as JSON', () => {
  it('is canonical (RFC 8785), whatever its parts', () => {
    fc.assert(
      fc.property(parts, (decision) => {
        const { json } = decisionJson(decision)
        expect(json).toBe(canonicalJson(JSON.parse(json)))
      }),
      { numRuns: 500 },
    )
  })
})
