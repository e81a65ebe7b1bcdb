import { describe, expect, it } from 'vitest'
import { layOut, type OracleLine } from '../support/oracle/lay-out.ts'
import { type OracleOptions, recompute } from '../support/oracle/oracle.ts'
import type { OracleRecord } from '../support/oracle/records.ts'

const ruleSet = { hash: 'sha256:abc', offset: 12 }
const startMs = Date.UTC(2026, 2, 1, 10)
const card = { cardId: 'c', amount: 10, status: 'approved', outletId: 'A', geo: { lat: 51.5, lon: -0.1 } }
const paris = { outletId: 'B', geo: { lat: 48.9, lon: 2.4 } }

let ids = 0
const line = (time: number | string, payload: unknown = card, more: Partial<OracleLine> = {}): OracleLine => ({
  kind: 'business',
  type: 'card.authorised',
  id: `x-${++ids}`,
  key: 'k',
  time,
  payload,
  ...more,
})
const row = (time: number, payload: unknown, more: Partial<OracleLine> = {}): OracleLine =>
  line(time, payload, { kind: 'data', type: 'public.customers', ...more })
const judge = (lines: readonly OracleLine[], options: Partial<OracleOptions> = {}) =>
  recompute(layOut(lines, 1), { ruleSet, ...options })[0]!
const textBytes = (text: string) => new TextEncoder().encode(text)

describe("the oracle's decision", () => {
  it('is written as canonical JSON, byte for byte', () => {
    const minuteMs = 60_000
    const { decisions } = judge([
      row(startMs, { op: 'c', before: null, after: { id: 'k', country: 'FR', balance: 5 } }, { id: 'r-1' }),
      line(startMs, card, { id: 'tx-1' }),
      line(startMs + 8 * minuteMs, { ...card, ...paris, amount: 260.5 }, { id: 'tx-2' }),
    ])
    expect(decisions.map(({ value }) => value)).toEqual([
      `{"absent":["t.cards.limit"],"decisionId":"d:0:1","event":{"id":"tx-1","offset":1,"partition":0,"time":${startMs},"type":"card.authorised"},"failed":[],"features":{},"fired":[],"key":"k","outcome":"allow","rows":[{"id":"r-1","offset":0,"table":"customers"}],"ruleSet":{"hash":"sha256:abc","offset":12},"score":0}`,
      `{"absent":["t.cards.limit"],"decisionId":"d:0:2","event":{"id":"tx-2","offset":2,"partition":0,"time":${startMs + 480_000},"type":"card.authorised"},"failed":[],"features":{},"fired":[` +
        '{"evidence":[],"mode":"live","outcome":"review","reason":"amount 260.5 at B","rule":"amount-over-220","score":50},' +
        '{"evidence":[{"id":"tx-1","offset":1,"partition":0,"step":"a"}],"mode":"live","outcome":"block","reason":"339.43 km in 0.13 h","rule":"impossible-travel","score":95},' +
        '{"evidence":[],"mode":"shadow","outcome":"block","reason":"260.5 by FR","rule":"large-abroad","score":90},' +
        '{"evidence":[{"id":"tx-1","offset":1,"partition":0,"step":"a"}],"mode":"live","outcome":"review","reason":"210.91 miles in 8 min","rule":"two-outlets-ten-minutes","score":70}],' +
        '"key":"k","outcome":"block","rows":[{"id":"r-1","offset":0,"table":"customers"}],"ruleSet":{"hash":"sha256:abc","offset":12},"score":95}',
    ])
  })

  it('names the most recent match', () => {
    const { decisions } = judge([
      line(startMs, card, { id: 'old' }),
      line(startMs + 1, card, { id: 'recent' }),
      line(startMs + 2, { ...card, ...paris }),
    ])
    expect(decisions.at(-1)?.value).toContain('"evidence":[{"id":"recent","offset":1,"partition":0,"step":"a"}]')
  })

  it('compares matches from the last step to the first', () => {
    const minuteMs = 60_000
    const at = (minutes: number, id: string, outletId: string, amount: number) =>
      line(startMs + minutes * minuteMs, { ...card, outletId, amount }, { id })
    const { decisions } = judge([
      at(0, 'first-a', 'A', 5),
      at(1, 'first-b', 'B', 5),
      at(10, 'large-b', 'B', 120),
      at(20, 'large-a', 'A', 120),
      at(2, 'second', 'C', 5),
    ])
    expect(decisions.at(-1)?.value).toContain(
      '"evidence":[{"id":"first-a","offset":0,"partition":0,"step":"first"},{"id":"large-a","offset":3,"partition":0,"step":"large"}]',
    )
  })

  it('about a late event has every field, empty, and says how late it is', () => {
    const late = [line(startMs), line(startMs - 3_600_001, card, { id: 'late' })]
    expect(judge(late).decisions[1]?.value).toBe(
      `{"absent":[],"decisionId":"d:0:1","event":{"id":"late","offset":1,"partition":0,"time":${startMs - 3_600_001},"type":"card.authorised"},"failed":[],"features":{},"fired":[],"key":"k","late":3600001,"outcome":"review","rows":[],"ruleSet":{"hash":"sha256:abc","offset":12},"score":0}`,
    )
    expect(judge(late, { onLate: 'none' }).decisions.length).toBe(1)
    expect(judge(late, { emit: 'flagged' }).decisions).toEqual([])
    expect(judge(late, { graceMs: 3_600_001 }).late).toEqual([])
  })
})

describe("the oracle's reading of a record", () => {
  it('dead-letters what is ahead of its timestamp, which moves no time', () => {
    const { deadLetters, streamTimeMs } = judge([
      line(startMs + 600_000, card, { timestamp: startMs }),
      line(startMs + 600_001, card, { timestamp: startMs }),
    ])
    expect(deadLetters).toEqual([{ offset: 1, reason: 'ahead' }])
    expect(streamTimeMs).toBe(startMs + 600_000)
  })

  it('lets a row move stream time only so far ahead', () => {
    const far = row(startMs + 9e9, { op: 'c', before: null, after: { id: 'k' } }, { timestamp: startMs })
    expect(judge([far])).toMatchObject({ deadLetters: [], streamTimeMs: startMs + 600_000 })
  })

  it('moves stream time by ticks and by what it then drops or dead-letters, not by decisions and other controls', () => {
    const time = (more: Partial<OracleLine>, payload: unknown = {}) =>
      judge([line(startMs, payload, more)]).streamTimeMs
    expect(time({ kind: 'control', type: 'tick' })).toBe(startMs)
    expect(time({ type: 'statement.viewed' })).toBe(startMs)
    expect(time({}, 'no object')).toBe(startMs)
    expect(time({}, { amount: 'a lot' })).toBe(startMs)
    expect(time({ kind: 'control', type: 'list' })).toBeUndefined()
    expect(time({ kind: 'decision', type: 'risk.decision' })).toBeUndefined()
    expect(time({ kind: 'gossip' })).toBeUndefined()
  })

  it('passes over decisions that lie between the events', () => {
    const events = [line(startMs, card, { id: 'a' }), line(startMs + 1, { ...card, ...paris }, { id: 'b' })]
    const decision = line(startMs, { outcome: 'allow' }, { kind: 'decision', type: 'risk.decision', id: 'd:0:0' })
    const found = judge([events[0]!, decision, events[1]!])
    expect(found.decisions.map(({ id, fired }) => ({ id, fired }))).toEqual([
      { id: 'd:0:0', fired: [] },
      { id: 'd:0:2', fired: ['impossible-travel', 'two-outlets-ten-minutes'] },
    ])
    expect(found.dropped).toEqual([])
  })

  it('dead-letters records without kind, type, id, time or key, and those of other partitions', () => {
    const whole = layOut([line(startMs)], 1)[0]![0]!
    const without = (name: string): OracleRecord => {
      const headers = Object.fromEntries(Object.entries(whole.headers).filter(([header]) => header !== name))
      return { ...whole, headers }
    }
    const records = [...['kind', 'type', 'id', 'time'].map(without), { ...whole, keyBytes: null }]
    const [found] = recompute([records], { ruleSet })
    expect(found!.deadLetters.map(({ reason }) => reason)).toEqual(
      ['kind', 'type', 'id', 'time', 'key'].map((name) => `no valid ${name}`),
    )
    const elsewhere = recompute([[whole], [whole]], { ruleSet })
    expect(elsewhere.map(({ deadLetters }) => deadLetters.length)).toEqual([0, 1])
  })

  it.each([
    ['2026-03-01T10:00:00Z', startMs],
    ['2026-03-01T12:30:00+02:30', startMs],
    ['2026-03-01T09:59:59.9999999Z', startMs - 1],
    [startMs, startMs],
    ['2026-02-30T10:00:00Z', undefined],
    ['2026-03-01T10:00:00', undefined],
    ['2026-03-01', undefined],
    ['yesterday', undefined],
  ])('reads the time %s as %s', (time, ms) => {
    expect(judge([line(time)]).streamTimeMs).toBe(ms)
  })

  it('dead-letters a value that is no JSON object', () => {
    const [record] = layOut([line(startMs)], 1)[0]!
    for (const valueBytes of [null, textBytes('{'), textBytes('[]'), textBytes('null')])
      expect(recompute([[{ ...record!, valueBytes }]], { ruleSet })[0]!.deadLetters.length).toBe(1)
  })
})
