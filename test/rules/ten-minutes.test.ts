import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RuleDriver, type TestEvent } from '../support/rule-driver.ts'

const rule = `
version: 1
events:
  card.authorised: {cardId: string, outletId: string, geo: geo}
rules:
- id: two-outlets-ten-minutes
  sequence:
    by: e.cardId
    within: 10m
    steps:
    - a: card.authorised
    - b: card.authorised
      where: a.outletId != b.outletId && miles(a.geo, b.geo) > 3.0
  then: {outcome: review, score: 70, reason: "{miles(a.geo, b.geo)} miles in {minutes(a.time, b.time)} min"}
`
const t0 = Date.UTC(2026, 2, 1, 10)
const here = { lat: 51.5, lon: -0.12 }
/** Degrees of latitude in one mile on a sphere of 6371.0088 km. */
const mile = ((1.609344 / 6371.0088) * 180) / Math.PI
const north = (miles: number) => ({ lat: here.lat + miles * mile, lon: here.lon })

interface Card {
  readonly id: string
  readonly at: number
  readonly outletId?: string
  readonly cardId?: string
  readonly geo?: { readonly lat: number; readonly lon: number }
}

describe('two outlets within ten minutes', () => {
  let driver: RuleDriver

  beforeEach(async () => {
    driver = await RuleDriver.open(rule)
  })

  afterEach(() => driver.close())

  const send = ({ id, at, outletId = 'o-1', cardId = 'c-1', geo = here }: Card) =>
    driver.send({ id, timeMs: t0 + at, payload: { cardId, outletId, geo } } satisfies TestEvent)

  const outcomeOf = async (...cards: Card[]) => {
    let last: Awaited<ReturnType<typeof send>> = []
    for (const card of cards) last = await send(card)
    expect(last).toHaveLength(1)
    return last[0]!
  }

  const first: Card = { id: 'first', at: 0 }
  const far: Card = { id: 'second', at: 480_000, outletId: 'o-2', geo: north(212.45) }

  it('fires with the reason, the score and the other event as evidence', async () => {
    expect(await outcomeOf(first, far)).toMatchObject({
      outcome: 'review',
      score: 70,
      fired: [
        {
          rule: 'two-outlets-ten-minutes',
          reason: '212.45 miles in 8 min',
          evidence: [{ id: 'first', offset: 0, partition: 0, step: 'a' }],
        },
      ],
    })
  })

  it.each([
    [599_999, 'review'],
    [600_000, 'review'],
    [600_001, 'allow'],
  ])('at %i ms apart decides %s', async (at, outcome) => {
    expect(await outcomeOf(first, { ...far, at })).toMatchObject({ outcome })
  })

  it.each([
    [2.999_999, 'allow'],
    [3.000_001, 'review'],
  ])('at %f miles apart decides %s', async (miles, outcome) => {
    expect(await outcomeOf(first, { ...far, geo: north(miles) })).toMatchObject({ outcome })
  })

  it('stays silent at the same outlet, however far its two positions are', async () => {
    expect(await outcomeOf(first, { ...far, outletId: 'o-1' })).toMatchObject({ outcome: 'allow', fired: [] })
  })

  it('stays silent for another card of the same customer', async () => {
    expect(await outcomeOf(first, { ...far, cardId: 'c-2' })).toMatchObject({ outcome: 'allow', fired: [] })
  })

  it('takes equal times in log order', async () => {
    const decision = await outcomeOf(first, { ...far, at: 0 })
    expect(decision.fired[0]?.evidence).toMatchObject([{ id: 'first', step: 'a' }])
  })

  it('fires for an event that comes out of order, with the later one as its second step', async () => {
    const decision = await outcomeOf({ ...far, id: 'later' }, { ...first, id: 'earlier' })
    expect(decision.fired[0]?.evidence).toMatchObject([{ id: 'later', step: 'b' }])
  })

  it('takes the most recent of several matches', async () => {
    const decision = await outcomeOf(first, { ...first, id: 'recent', at: 60_000 }, far)
    expect(decision.fired[0]?.evidence).toMatchObject([{ id: 'recent' }])
  })
})
