import { describe, expect, test } from 'vitest'
import { createIngress, type Ingested, isMisrouted, rejectReasons, streamTimeOf } from '../../src/record/ingress.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import { logRecord, noonMs, type TextRecord } from './log-record.ts'

const maxAheadMs = 600_000
const ingress = createIngress({ mapping: 'headers', maxAheadMs })

const timeAfter = (record: ReturnType<typeof logRecord>, ingested: Ingested = ingress(record)): number | undefined =>
  streamTimeOf(record, ingested, maxAheadMs)

describe('records with headers', () => {
  test('are accepted with what the headers say', () => {
    const ingested = ingress(logRecord({ value: '{"amount":25}' }))
    if (ingested.verdict !== 'accepted') expect.unreachable()
    const { kind, type, id, timeMs, key } = ingested.head
    expect({ kind, type, id, timeMs, key }).toEqual({
      kind: 'business',
      type: 'card.authorised',
      id: 'tx-1',
      timeMs: noonMs,
      key: 'cust-7',
    })
    expect(ingested.payload.object()).toEqual({ amount: 25 })
  })

  test('read a time of either form', () => {
    expect(timeAfter(logRecord({ headers: { time: '2026-03-01T13:00:00.5+01:00' } }))).toBe(noonMs + 500)
  })

  const rejected: [string, TextRecord, string][] = [
    ['no kind', { headers: { kind: undefined } }, 'missing-kind'],
    ['an empty kind', { headers: { kind: '' } }, 'missing-kind'],
    ['another kind', { headers: { kind: 'Business' } }, 'unknown-kind'],
    ['no type', { headers: { type: undefined } }, 'missing-type'],
    ['an empty type', { headers: { type: '' } }, 'missing-type'],
    ['bytes as type', { headers: { type: Buffer.from([0xff]) } }, 'missing-type'],
    ['no id', { headers: { id: undefined } }, 'missing-id'],
    ['an empty id', { headers: { id: '' } }, 'missing-id'],
    ['bytes as id', { headers: { id: Buffer.from([0xc3, 0x28]) } }, 'missing-id'],
    ['no key', { key: null }, 'missing-key'],
    ['an empty key', { key: '' }, 'missing-key'],
    ['no key of a row', { key: null, headers: { kind: 'data' } }, 'missing-key'],
    ['bytes as key', { key: Buffer.from([0x80]) }, 'invalid-key'],
    ['no time', { headers: { time: undefined } }, 'invalid-time'],
    ['a time without offset', { headers: { time: '2026-03-01T12:00:00' } }, 'invalid-time'],
    ['30 February', { headers: { time: '2026-02-30T12:00:00Z' } }, 'invalid-time'],
    ['a time 10 minutes and 1 ms ahead', { headers: { time: String(noonMs + 600_001) } }, 'ahead'],
    ['a tick ahead', { headers: { kind: 'control', type: 'tick', time: String(noonMs + 600_001) } }, 'ahead'],
    [
      'an unknown kind before anything else',
      { key: null, headers: { kind: 'x', type: '', id: '', time: '' } },
      'unknown-kind',
    ],
  ]

  test.each(rejected)('are rejected for %s, and move no stream time', (_, parts, reason) => {
    const record = logRecord(parts)
    const ingested = ingress(record)
    expect(ingested).toMatchObject({ verdict: 'rejected', reason })
    expect(timeAfter(record)).toBeUndefined()
  })

  test('carry in a rejection what could be read', () => {
    const ingested = ingress(logRecord({ headers: { time: 'noon' } }))
    expect(ingested).toMatchObject({
      detail: 'the time is "noon"',
      head: { kind: 'business', type: 'card.authorised', id: 'tx-1', key: 'cust-7' },
    })
  })

  test('move stream time whatever their value is', () => {
    for (const value of [null, '', 'not json', '[]', '7', '['.repeat(65)]) {
      expect(timeAfter(logRecord({ value }))).toBe(noonMs)
    }
  })

  test('may be exactly maxAhead ahead', () => {
    expect(timeAfter(logRecord({ headers: { time: String(noonMs + maxAheadMs) } }))).toBe(noonMs + maxAheadMs)
  })

  test('are not measured against a timestamp that the log does not have', () => {
    const record = logRecord({ timestampMs: -1, headers: { time: String(noonMs * 2) } })
    expect(timeAfter(record)).toBe(noonMs * 2)
  })

  test('of kind data are never ahead, and move stream time at most to timestamp + maxAhead', () => {
    const row = (time: number, timestampMs = noonMs) =>
      logRecord({ timestampMs, headers: { kind: 'data', time: String(time) } })
    expect(timeAfter(row(noonMs + 1))).toBe(noonMs + 1)
    expect(timeAfter(row(noonMs * 2))).toBe(noonMs + maxAheadMs)
    expect(timeAfter(row(noonMs * 2, -1))).toBe(noonMs * 2)
  })

  test('of kind control need no key, and move stream time only as ticks', () => {
    expect(timeAfter(logRecord({ key: null, headers: { kind: 'control', type: 'tick' } }))).toBe(noonMs)
    expect(timeAfter(logRecord({ key: null, headers: { kind: 'control', type: 'list' } }))).toBeUndefined()
    const far = logRecord({ headers: { kind: 'control', type: 'rule-set', time: String(noonMs * 2) } })
    expect(ingress(far).verdict).toBe('accepted')
  })

  test('of kind decision are accepted and move no stream time', () => {
    const decision = logRecord({ headers: { kind: 'decision', type: 'risk.decision', time: String(noonMs * 2) } })
    expect(ingress(decision).verdict).toBe('accepted')
    expect(timeAfter(decision)).toBeUndefined()
  })
})

describe('authenticity', () => {
  const guarded = createIngress({ mapping: 'headers', maxAheadMs, objection: () => 'the MAC is missing' })

  test.each([
    ['control', 'tick'],
    ['control', 'rule-set'],
    ['decision', 'risk.decision'],
    ['business', 'feature.device_users'],
  ])('a %s record of type %s that is not believed is rejected as forged and moves no stream time', (kind, type) => {
    const record = logRecord({ headers: { kind, type } })
    expect(guarded(record)).toMatchObject({ verdict: 'rejected', reason: 'forged', detail: 'the MAC is missing' })
    expect(timeAfter(record, guarded(record))).toBeUndefined()
  })

  test.each([
    ['business', 'card.authorised'],
    ['data', 'feature.customers'],
  ])('a %s record of type %s needs none', (kind, type) => {
    expect(guarded(logRecord({ headers: { kind, type } })).verdict).toBe('accepted')
  })
})

describe('isMisrouted', () => {
  const partition = partitionFor(Buffer.from('cust-7'), 12)
  const misrouted = (parts: TextRecord): boolean => {
    const record = logRecord(parts)
    const ingested = ingress(record)
    if (ingested.verdict !== 'accepted') expect.unreachable()
    return isMisrouted(record, ingested.head, 12)
  }

  test('tells a record on another partition than its key hashes to', () => {
    expect(misrouted({ partition })).toBe(false)
    expect(misrouted({ partition: (partition + 1) % 12 })).toBe(true)
    expect(misrouted({ partition: (partition + 1) % 12, headers: { kind: 'data' } })).toBe(true)
  })

  test('is false for kinds that belong to a partition, not to a customer', () => {
    expect(misrouted({ partition: (partition + 1) % 12, headers: { kind: 'control' } })).toBe(false)
  })
})

test('every reject reason is in kebab case, once', () => {
  expect(rejectReasons.filter((reason) => !/^[a-z]+(-[a-z]+)*$/.test(reason))).toEqual([])
  expect(new Set(rejectReasons).size).toBe(rejectReasons.length)
})
