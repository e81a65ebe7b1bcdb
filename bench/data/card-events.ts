import { Random } from '../../src/replay/simulator/random.ts'
import { cloneOutlet, type Outlet, outletNear } from './outlets.ts'

export interface CardEventsOptions {
  /** Card transactions; rows and copies come on top. */
  readonly events: number
  readonly cards: number
  readonly seed: number
}

/** A record for main, in the order of the log. `timeMs` is the event's time, `timestampMs` the log's. */
export interface BenchEvent {
  readonly kind: 'business' | 'data'
  readonly type: string
  readonly id: string
  readonly key: string
  readonly timeMs: number
  readonly timestampMs: number
  readonly payload: Readonly<Record<string, unknown>>
}

const startMs = Date.UTC(2026, 2, 1)
const meanGapMs = 30
const recent = 4096
const share = { row: 0.1, clone: 0.015, outOfOrder: 0.01, late: 0.0005, copy: 0.002 }
const mostOutOfOrderMs = 5 * 60_000
const lateByMs = 2 * 3_600_000

/**
 * Card transactions of evenly used cards (no hot keys), 33 a second of event time, with changes of rows between them that
 * the rule does not read. Copies, events out of order and late ones are among them; a few cards are used far away within
 * minutes, so that 1 to 4 % of the decisions are flagged. The same options give the same events; the last is a transaction.
 */
export function* cardEvents({ events, cards, seed }: CardEventsOptions): Generator<BenchEvent> {
  const random = new Random(seed, 'card-events')
  const lastOnes: BenchEvent[] = []
  let nowMs = startMs
  let rows = 0
  for (let n = 1; n <= events; n++) {
    nowMs += Math.round(-Math.log(1 - random.uniform()) * meanGapMs)
    if (random.chance(share.row)) yield row(++rows, 1 + random.below(cards), nowMs, random)
    const original = random.chance(share.clone) ? lastOnes[random.below(lastOnes.length)] : undefined
    const event = transaction(n, original, { card: 1 + random.below(cards), nowMs, random })
    lastOnes[n % recent] = event
    yield event
    if (n < events && random.chance(share.copy))
      yield { ...lastOnes[random.below(lastOnes.length)]!, timestampMs: nowMs }
  }
}

interface Moment {
  readonly card: number
  readonly nowMs: number
  readonly random: Random
}

function transaction(n: number, original: BenchEvent | undefined, { card, nowMs, random }: Moment): BenchEvent {
  const cardId = original === undefined ? `card-${card}` : String(original.payload['cardId'])
  const key = original?.key ?? `cust-${card}`
  const outlet: Outlet = original === undefined ? outletNear(card, random.below(4)) : cloneOutlet(random)
  const { outletId, terminalId, geo } = outlet
  return {
    kind: 'business',
    type: 'card.authorised',
    id: `tx-${n}`,
    key,
    timeMs: nowMs - delayMs(random),
    timestampMs: nowMs,
    payload: {
      cardId,
      amount: random.below(20_000) / 100,
      currency: 'GBP',
      status: random.chance(0.95) ? 'approved' : 'declined',
      outletId,
      terminalId,
      merchantCategory: String(5000 + random.below(1000)),
      entryMode: 'contactless',
      geo,
    },
  }
}

function delayMs(random: Random): number {
  const draw = random.uniform()
  if (draw < share.late) return lateByMs
  return draw < share.late + share.outOfOrder ? random.below(mostOutOfOrderMs) : 0
}

function row(n: number, customer: number, timeMs: number, random: Random): BenchEvent {
  const id = `cust-${customer}`
  const before = {
    id,
    country: 'GB',
    balance: random.below(1_000_000) / 100,
    segment: 'retail',
    updated: timeMs - 1000,
  }
  const after = { ...before, balance: random.below(1_000_000) / 100, updated: timeMs }
  const source = { connector: 'postgresql', db: 'bank', schema: 'public', table: 'customers', lsn: 1_000_000 + n }
  return {
    kind: 'data',
    type: 'public.customers',
    id: `lsn-${n}`,
    key: id,
    timeMs,
    timestampMs: timeMs,
    payload: { op: 'u', before, after, source, ts_ms: timeMs },
  }
}
