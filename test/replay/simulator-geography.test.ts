import { describe, expect, it } from 'vitest'
import { geoOf, gridDistance } from '../../src/replay/simulator/geography.ts'
import { simulate } from '../../src/replay/simulator/simulate.ts'

const centre = { lat: 51.5, lon: -0.12 }

/** Haversine, for the test alone. */
function kmBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const h =
    Math.sin(rad(b.lat - a.lat) / 2) ** 2 +
    Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2
  return 2 * 6371.0088 * Math.asin(Math.sqrt(h))
}

describe("the simulator's geography", () => {
  it('puts the middle of the grid on the centre', () => {
    expect(geoOf({ x: 50, y: 50 }, centre)).toEqual(centre)
  })

  it('makes one unit one kilometre, within one per cent', () => {
    for (const [a, b] of [
      [
        { x: 0, y: 0 },
        { x: 100, y: 0 },
      ],
      [
        { x: 0, y: 100 },
        { x: 100, y: 100 },
      ],
      [
        { x: 10, y: 5 },
        { x: 10, y: 95 },
      ],
      [
        { x: 0, y: 0 },
        { x: 100, y: 100 },
      ],
    ] as const) {
      const km = kmBetween(geoOf(a, centre), geoOf(b, centre))
      expect(Math.abs(km / gridDistance(a, b) - 1)).toBeLessThan(0.01)
    }
  })

  it('gives an outlet one place, and some outlets several terminals', () => {
    const places = new Map<unknown, unknown>()
    const terminals = new Map<unknown, Set<unknown>>()
    for (const { type, payload } of simulate({ customers: 300, days: 5 })) {
      if (type !== 'card.authorised') continue
      const { outletId, terminalId, geo } = payload
      expect(places.get(outletId) ?? geo).toEqual(geo)
      places.set(outletId, geo)
      terminals.set(outletId, (terminals.get(outletId) ?? new Set()).add(terminalId))
    }
    expect([...terminals.values()].some((ids) => ids.size > 1)).toBe(true)
  })

  it('uses cloned cards far from where they were just used, some within ten minutes and beyond three miles', () => {
    const last = new Map<unknown, { timeMs: number; geo: { lat: number; lon: number } }>()
    let withinTenMinutes = 0
    for (const { type, timeMs, payload, label } of simulate({ customers: 300, days: 30, clonedCardsPerDay: 2 })) {
      if (type !== 'card.authorised') continue
      const geo = payload.geo as { lat: number; lon: number }
      const before = last.get(payload.cardId)
      last.set(payload.cardId, { timeMs, geo })
      if (label?.scenario !== 'travel' || before === undefined) continue
      if (timeMs - before.timeMs <= 600_000 && kmBetween(before.geo, geo) > 3 * 1.609344) withinTenMinutes++
    }
    expect(withinTenMinutes).toBeGreaterThan(20)
  })
})
