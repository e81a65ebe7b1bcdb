import { describe, expect, it } from 'vitest'
import { decisionOf, decisionText, isDecision } from '../../src/cli/decision-view.ts'

const decision = {
  decisionId: 'd:3:1042',
  key: 'cust-7',
  outcome: 'review',
  score: 70,
  event: { id: 'tx-2', time: 1772359680000, type: 'card.authorised' },
  fired: [
    {
      rule: 'two-outlets',
      mode: 'live',
      outcome: 'review',
      score: 70,
      reason: '212.45 miles in 8 min',
      evidence: [{ id: 'tx-1', step: 'a' }],
    },
    { rule: 'tried-out', mode: 'shadow', outcome: 'block', score: 90, evidence: [] },
  ],
  failed: [{ rule: 'broken', code: 'evaluation-failed' }],
}

const record = (value: string | null, headers = {}) => ({
  topic: 'main',
  partition: 0,
  offset: 0,
  timestampMs: 0,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers,
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours
const plain = (text: string) => text.replace(/\x1b\[\d+m/g, '')

describe('decisionText', () => {
  it('says when, what and whose, then each rule with its reason and evidence', () => {
    expect(plain(decisionText(decision)).split('\n')).toEqual([
      '2026-03-01T10:08:00.000Z  review      70  cust-7  card.authorised tx-2',
      '    two-outlets: 212.45 miles in 8 min [a tx-1]',
      '    tried-out (shadow)',
      '    broken failed: evaluation-failed',
    ])
  })

  it('says how late a late event was', () => {
    expect(plain(decisionText({ ...decision, fired: [], failed: [], late: 7_200_000 }))).toContain('late by 7200 s')
  })
})

describe('isDecision', () => {
  it('goes by the header', () => {
    expect(isDecision(record('{}', { kind: Buffer.from('decision') }))).toBe(true)
    expect(isDecision(record('{}', { kind: Buffer.from('business') }))).toBe(false)
    expect(isDecision(record('{}'))).toBe(false)
  })
})

describe('decisionOf', () => {
  it('reads a decision, and nothing else', () => {
    expect(decisionOf(record(JSON.stringify(decision)))).toEqual(decision)
    for (const value of ['{}', 'null', 'x', null]) expect(decisionOf(record(value))).toBeUndefined()
  })
})
