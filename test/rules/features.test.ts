import { afterEach, describe, expect, it } from 'vitest'
import { stateEngine } from '../../src/state/engines/index.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const rules = `
version: 1
events:
  card.authorised: {cardId: string, amount: double, status: string, outletId: string}
  withdrawal.requested: {amount: double, cardId: string}
features:
  declines_2m: {event: card.authorised, where: "e.status == 'declined'", agg: count, by: e.cardId, window: 2m, include: prior}
  spend_24h: {event: card.authorised, where: "e.status == 'approved'", agg: sum, value: e.amount, window: 24h}
  mean_24h: {event: card.authorised, where: "e.status == 'approved'", agg: avg, value: e.amount, window: 24h}
  base_30d: {event: card.authorised, where: "e.status == 'approved'", agg: sum, value: e.amount, window: {from: 31d, to: 1d}}
  outlets_1h: {event: card.authorised, agg: distinct, value: e.outletId, by: e.cardId, window: 1h}
  unread: {event: card.authorised, agg: count, window: 1h}
rules:
- id: card-testing
  event: card.authorised
  when: e.status == 'approved' && f.declines_2m > 5
  then: {outcome: block, score: 90, reason: "{f.declines_2m} declines, then an approval"}
- id: spree
  event: card.authorised
  when: f.outlets_1h >= 3
  then: {outcome: review, score: 20}
- id: after-spending
  event: withdrawal.requested
  when: f.spend_24h > 100.0 && f.declines_2m >= 0
  then: {outcome: challenge, score: 60, reason: "{f.spend_24h}, {f.mean_24h} each, {f.base_30d}"}
`
const minute = 60_000
const day = 86_400_000

let driver: RuleDriver

afterEach(() => driver.close())

let next = 0
const card = (timeMs: number, payload = {}) =>
  driver.send({
    id: `c${next++}`,
    timeMs,
    payload: { cardId: 'c', amount: 40, status: 'approved', outletId: 'o-1', ...payload },
  })

const withdrawal = (timeMs: number, payload = {}) =>
  driver.send({
    id: `w${next++}`,
    type: 'withdrawal.requested',
    timeMs,
    payload: { amount: 10, cardId: 'c', ...payload },
  })

describe('features', () => {
  it('count, sum and average exact windows, for events of other types too', async () => {
    driver = await RuleDriver.open(rules)
    await card(0, { amount: 0.1 })
    await card(day, { amount: 0.2 })
    await card(2 * day - minute, { amount: 200 })
    const [decision] = await withdrawal(2 * day - minute)
    // One day before is out by a minute, the base window ends a day before: exactly rounded sums.
    expect(decision).toMatchObject({
      outcome: 'challenge',
      features: { declines_2m: 0, spend_24h: 200.2 },
      fired: [{ reason: '200.2, 100.1 each, 0.1' }],
    })
  })

  it('fire at a bound of their window, and not a millisecond beyond', async () => {
    driver = await RuleDriver.open(rules)
    for (let n = 0; n < 6; n++) await card(n, { status: 'declined' })
    expect(await card(2 * minute)).toMatchObject([
      { outcome: 'block', fired: [{ reason: '6 declines, then an approval' }] },
    ])
    expect(await card(2 * minute + 1)).toMatchObject([{ outcome: 'allow', features: { declines_2m: 5 } }])
  })

  it('keep cards apart, and are absent for an event without its card', async () => {
    driver = await RuleDriver.open(rules)
    await card(0, { outletId: 'a' })
    await card(0, { outletId: 'b', cardId: 'other' })
    expect(await card(0, { outletId: 'c' })).toMatchObject([{ features: { outlets_1h: 2 } }])
    expect(await withdrawal(0, { cardId: null })).toMatchObject([{ absent: ['f.declines_2m'], fired: [] }])
  })

  it('name only what the conditions read', async () => {
    driver = await RuleDriver.open(rules)
    expect(Object.keys((await card(0))[0]!.features as object)).toEqual(['declines_2m', 'outlets_1h'])
  })

  it('are the same after each restart', async () => {
    const events = Array.from({ length: 40 }, (_, n) => ({
      status: n % 3 === 0 ? 'declined' : 'approved',
      amount: 0.1 * n,
      outletId: `o-${n % 5}`,
    }))
    const run = async (restart: boolean) => {
      driver = await RuleDriver.open(rules, { engine: stateEngine('rocksdb') })
      next = 0
      for (const [n, event] of events.entries()) {
        await card(n * 20_000, event)
        if (restart) await driver.driver.reopen()
      }
      return driver.decisions()
    }
    const whole = await run(false)
    await driver.close()
    expect(await run(true)).toEqual(whole)
  })
})
