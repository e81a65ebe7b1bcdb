import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../src/replay/simulator/event.ts'
import { toLine } from '../../src/replay/simulator/event.ts'
import { labelOf, labelsOf } from '../../src/replay/simulator/labels.ts'
import type { SimulateOptions } from '../../src/replay/simulator/options.ts'
import { simulate } from '../../src/replay/simulator/simulate.ts'

const dayMs = 86_400_000
const small: SimulateOptions = { customers: 500, days: 60, clonedCardsPerDay: 0 }

const linesOf = (options: SimulateOptions) => [...simulate(options)].map(toLine)
const ofType = (events: Iterable<SimulatedEvent>, type: string) => [...events].filter((event) => event.type === type)

describe('the simulator', () => {
  it('gives the same lines for the same seed and others for another', () => {
    const options = { customers: 40, days: 3, disorder: { share: 0.1, maxMs: 5000 }, duplicates: 0.05 }
    const lines = linesOf({ ...options, seed: 7 })
    expect(linesOf({ ...options, seed: 7 })).toEqual(lines)
    expect(linesOf({ ...options, seed: 8 })).not.toEqual(lines)
    expect(linesOf({ ...options, seed: 7 + 2 ** 32 })).not.toEqual(lines)
  })

  it('starts anew at each iteration', () => {
    const events = simulate({ customers: 10, days: 2 })
    expect([...events]).toEqual([...events])
  })

  it("comes near the handbook's rates at a tenth of its size", () => {
    const transactions = ofType(simulate(small), 'card.authorised')
    const customerDays = 500 * 60
    expect(transactions.length / customerDays).toBeGreaterThan(1.938 * 0.9)
    expect(transactions.length / customerDays).toBeLessThan(1.938 * 1.1)
    const frauds = transactions.filter(({ label }) => label?.fraud)
    expect(frauds.length / transactions.length).toBeGreaterThan(0.005)
    expect(frauds.length / transactions.length).toBeLessThan(0.012)
    const scenarios = new Set(frauds.map(({ label }) => label?.scenario))
    expect([...scenarios].sort()).toEqual(['amount', 'customer', 'terminal'])
  })

  it('labels every amount over 220 as a fraud, and no fraud of another kind as an amount below', () => {
    for (const { payload, label } of ofType(simulate(small), 'card.authorised')) {
      const amount = payload.amount as number
      if (amount > 220) expect(label?.fraud).toBe(true)
      if (label?.scenario === 'amount') expect(amount).toBeGreaterThan(220)
      expect(amount).toBe(Math.round(amount * 100) / 100)
      expect(amount).toBeGreaterThanOrEqual(0)
    }
  })

  it('keeps the base transactions when cloned cards are added', () => {
    const base = (options: SimulateOptions) =>
      ofType(simulate(options), 'card.authorised')
        .filter(({ label }) => label?.scenario !== 'travel')
        .map(({ key, timeMs, payload }) => `${key} ${timeMs} ${payload.amount} ${payload.terminalId}`)
    expect(base({ ...small, days: 5, clonedCardsPerDay: 3 })).toEqual(base({ ...small, days: 5 }))
  })

  it('declines frauds more often', () => {
    const declinedShare = (events: SimulatedEvent[]) =>
      events.filter(({ payload }) => payload.status === 'declined').length / events.length
    const transactions = ofType(simulate(small), 'card.authorised')
    const genuine = declinedShare(transactions.filter(({ label }) => !label?.fraud))
    const fraud = declinedShare(transactions.filter(({ label }) => label?.fraud))
    expect(fraud).toBeGreaterThan(2 * genuine)
  })

  it('comes in order of event time, each id once, within the days asked for', () => {
    const fromMs = Date.UTC(2026, 2, 1)
    const ids = new Set<string>()
    let previousMs = fromMs
    for (const event of simulate({ customers: 100, days: 4, fromMs })) {
      expect(event.timeMs).toBeGreaterThanOrEqual(previousMs)
      previousMs = event.timeMs
      ids.has(event.id) ? expect.fail(`${event.id} comes twice`) : ids.add(event.id)
    }
    expect(previousMs).toBeLessThan(fromMs + 4 * dayMs)
    expect(previousMs).toBeGreaterThan(fromMs + 3 * dayMs)
  })

  it('starts on 2018-04-01 unless told otherwise', () => {
    const [first] = simulate({ customers: 1, days: 1 })
    expect(first?.timeMs).toBe(Date.UTC(2018, 3, 1))
  })

  it('delays only business events, by no more than asked for', () => {
    let highestMs = 0
    let delayed = 0
    let total = 0
    for (const event of simulate({ customers: 100, days: 4, disorder: { share: 0.2, maxMs: 600_000 } })) {
      const behindMs = highestMs - event.timeMs
      highestMs = Math.max(highestMs, event.timeMs)
      total++
      if (behindMs <= 0) continue
      delayed++
      expect(event.kind).toBe('business')
      expect(behindMs).toBeLessThanOrEqual(600_000)
    }
    expect(delayed / total).toBeGreaterThan(0.02)
  })

  it('sends the share asked for twice, the copy after the original and without a label', () => {
    const events = [...simulate({ customers: 100, days: 4, duplicates: 0.1 })]
    const seen = new Map<string, SimulatedEvent>()
    const copies = events.filter((event) => {
      const original = seen.get(event.id)
      if (original === undefined) seen.set(event.id, event)
      else expect(event).toEqual({ ...original, label: undefined })
      return original !== undefined
    })
    expect(copies.length / seen.size).toBeGreaterThan(0.07)
    expect(copies.length / seen.size).toBeLessThan(0.13)
  })

  it('leaves sessions and rows out when told to', () => {
    const types = new Set(
      [...simulate({ customers: 50, days: 2, sessions: false, rows: false })].map(({ type }) => type),
    )
    expect([...types]).toEqual(['card.authorised'])
  })

  it('names every option that is out of range', () => {
    expect(() => simulate({ customers: 0, terminals: 5, duplicates: 2 })).toThrow(
      'the simulation cannot run: customers must be a whole number above 0; duplicates is a share from 0 to 1',
    )
  })

  it('writes lines without labels', () => {
    const [card] = ofType(simulate({ customers: 20, days: 1 }), 'card.authorised')
    const line = JSON.parse(toLine(card!)) as Record<string, unknown>
    expect(Object.keys(line)).toEqual(['kind', 'type', 'id', 'key', 'time', 'payload'])
    expect(line.time).toBe(card!.timeMs)
    expect(Object.keys(card!.payload)).toEqual(['cardId', 'amount', 'status', 'outletId', 'terminalId', 'geo'])
  })

  it('knows labels a week later, one for each card transaction', () => {
    const events = [...simulate({ customers: 100, days: 3, duplicates: 0.1 })]
    const cards = new Set(ofType(events, 'card.authorised').map(({ id }) => id))
    const labels = [...labelsOf(events)]
    expect(labels.length).toBe(cards.size)
    const [card] = ofType(events, 'card.authorised')
    expect(labelOf(card!)).toEqual({
      id: card!.id,
      key: card!.key,
      ...card!.label,
      knownAtMs: card!.timeMs + 7 * dayMs,
    })
  })
})
