import { fileURLToPath } from 'node:url'
import { simulate } from '../../src/replay/simulator/simulate.ts'
import type { Line } from '../support/log-lines.ts'

/** The rule set of all campaigns: sequences, features, a list, a table and a trailing `not`. Its twin is the oracle's. */
export const campaignRulesFolder: string = fileURLToPath(new URL('./rules/', import.meta.url))

export interface CampaignEventOptions {
  readonly count: number
  /** Default 1. */
  readonly seed?: number
  /** Default one for 180 events, at least 200: the naive oracle looks at all that a customer has ever done. */
  readonly customers?: number
}

// In the past by any machine's clock: a log stamps records with it, and events ahead of their stamp are refused.
const fromMs = Date.UTC(2024, 2, 1)
const eventsADay = 2.5

/** Events and rows of simulated customers, slightly out of order and with duplicates; the same options give the same. */
export function* campaignEvents({ count, seed = 1, customers }: CampaignEventOptions): Generator<Line> {
  const people = customers ?? Math.max(200, Math.ceil(count / 180))
  const days = Math.ceil((2 * count) / (people * eventsADay)) + 1
  const disorder = { share: 0.05, maxMs: 20 * 60_000 }
  let left = count
  for (const event of simulate({ seed, customers: people, days, fromMs, disorder, duplicates: 0.01 })) {
    if (left-- === 0) return
    const { kind, type, id, key, timeMs, payload } = event
    yield { kind, type, id, key, time: timeMs, payload }
  }
}

/** Changes of the list that the rule set reads, for every partition: outlets come and go. */
export function listChange(n: number): Line {
  const items = Array.from({ length: 20 }, (_, i) => `outlet-${(n * 37 + i * 11) % 400}`)
  const payload = { list: 'watched', op: n % 3 === 2 ? 'remove' : 'add', items }
  return { kind: 'control', type: 'list', id: `list-${n}`, key: '', time: fromMs, payload }
}
