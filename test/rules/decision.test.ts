import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/record/canonical-json.ts'
import { TextWriter } from '../../src/record/packed/text-writer.ts'
import { type DecisionParts, writeDecision } from '../../src/rules/decision.ts'

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

const out = new TextWriter()

/** What a decision says, by the order of its members alone. */
function expected(parts: DecisionParts): object {
  const { decisionId, event, failed, firings, late, truncated, ruleSet, ...same } = parts
  const live = firings.filter(({ mode }) => mode === 'live')
  const severity = ['allow', 'review', 'challenge', 'block']
  const worst = Math.max(0, ...live.map((firing) => severity.indexOf(firing.outcome)))
  return {
    ...same,
    decisionId,
    event: { id: event.id, offset: event.offset, partition: event.partition, time: event.timeMs, type: event.type },
    failed: failed.toSorted(byRule),
    fired: firings
      .toSorted(byRule)
      .map(({ reason, ...firing }) => (reason === undefined ? firing : { ...firing, reason })),
    ...(late === undefined ? {} : { late: late.lagMs }),
    outcome: late?.outcome ?? severity[worst],
    ruleSet,
    score: late === undefined ? Math.max(0, ...live.map(({ score }) => score)) : 0,
    ...(truncated.length === 0 ? {} : { truncated: truncated.toSorted() }),
  }
}

const byRule = (a: { rule: string }, b: { rule: string }) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)

describe('a decision as JSON', () => {
  it('is canonical (RFC 8785), whatever its parts', () => {
    fc.assert(
      fc.property(parts, (decision) => {
        out.begin()
        writeDecision(decision, out)
        const json = out.bytes.toString('utf8', out.start, out.at)
        expect(json).toBe(canonicalJson(expected(decision)))
      }),
      { numRuns: 500 },
    )
  })
})
