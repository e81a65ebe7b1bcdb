import { beforeEach, describe, expect, it } from 'vitest'
import type { FetchedBatch } from '../../src/log/log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { Ticker, type TimedRecord } from '../../src/task/ticker.ts'
import { ManualClock } from '../../src/time/clock.ts'

const start = 1_800_000_000_000
const in2018 = Date.UTC(2018, 3, 1)

describe('Ticker', () => {
  let clock: ManualClock

  beforeEach(() => {
    clock = new ManualClock(start)
  })

  const ticker = (last?: TimedRecord) =>
    new Ticker({
      afterMs: 1_000,
      maxAheadMs: 600_000,
      partition: 3,
      clock,
      last,
      record: ({ timeMs, nowMs, partition }): OutgoingRecord => ({
        topic: 'main',
        partition,
        key: null,
        value: null,
        headers: { time: Buffer.from(String(timeMs)) },
        timestampMs: nowMs,
      }),
    })

  const idle = (batch: Partial<FetchedBatch> = {}): FetchedBatch => ({
    topic: 'main',
    partition: 3,
    records: [],
    nextOffset: 10,
    highWatermark: 10,
    lastStableOffset: 10,
    ...batch,
  })

  const timeOf = (
    of: Ticker,
    { streamTimeMs = in2018, waitsUntilMs = Number.POSITIVE_INFINITY, batch = idle() } = {},
  ) => {
    const tick = of.due({ batch, streamTimeMs, waitsUntilMs })
    return tick === undefined ? undefined : Number(tick.headers.time!.toString())
  }

  it('adds the wall clock since the last record to stream time, whatever year it is there', () => {
    const one = ticker()
    one.passed({ timestampMs: start - 200 })
    clock.advance(999)
    expect(timeOf(one)).toBeUndefined()
    clock.advance(1)
    expect(timeOf(one)).toBe(in2018 + 1_200)
  })

  it('counts on from the tick, at the pace of the clock', () => {
    const one = ticker()
    one.passed({ timestampMs: start })
    let streamTimeMs = in2018
    for (let n = 1; n <= 5; n++) {
      clock.advance(1_000)
      streamTimeMs = timeOf(one, { streamTimeMs })!
      expect(streamTimeMs).toBe(in2018 + n * 1_000)
      one.passed({ timestampMs: clock.nowMs() })
      expect(timeOf(one, { streamTimeMs })).toBeUndefined()
    }
  })

  it('writes no second tick while the first has not come back', () => {
    const one = ticker()
    one.passed({ timestampMs: start })
    clock.advance(1_000)
    expect(timeOf(one)).toBeDefined()
    clock.advance(999)
    expect(timeOf(one)).toBeUndefined()
  })

  it.each([
    ['records still to be read', { nextOffset: 9 }],
    ['an open transaction', { lastStableOffset: 9, nextOffset: 9 }],
  ])('waits for %s', (_, batch) => {
    const one = ticker()
    one.passed({ timestampMs: start })
    clock.advance(5_000)
    expect(timeOf(one, { batch: idle(batch) })).toBeUndefined()
    expect(timeOf(one)).toBeDefined()
  })

  it('is silent beyond what waits, before the first record, and when nothing is known of it', () => {
    const one = ticker()
    clock.advance(5_000)
    expect(timeOf(one)).toBeUndefined()
    one.passed({ timestampMs: start })
    clock.advance(5_000)
    expect(timeOf(one, { streamTimeMs: -1 })).toBeUndefined()
    expect(timeOf(one, { waitsUntilMs: in2018 - 1 })).toBeUndefined()
    expect(timeOf(one, { waitsUntilMs: in2018 })).toBeDefined()
  })

  it('counts from the last record before a restart, after being idle itself', () => {
    const one = ticker({ timestampMs: start - 3_600_000 })
    expect(timeOf(one)).toBeUndefined()
    clock.advance(1_000)
    expect(timeOf(one)).toBe(in2018 + 3_601_000)
  })

  it('is never ahead of the clock by more than an event may be, nor behind stream time', () => {
    const one = ticker({ timestampMs: 0 })
    clock.advance(1_000)
    expect(timeOf(one, { streamTimeMs: start })).toBe(start + 601_000)
    clock.advance(1_000)
    expect(timeOf(one, { streamTimeMs: start + 700_000 })).toBeUndefined()
  })
})
