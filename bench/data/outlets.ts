import type { Random } from '../../src/replay/simulator/random.ts'

export interface Outlet {
  readonly outletId: string
  readonly terminalId: string
  readonly geo: { readonly lat: number; readonly lon: number }
}

const micro = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

/** Fractions that look random and belong to a number for ever: the golden ratio's multiples, and another's. */
const spread = (n: number, by: number): number => (n * by) % 1

/** One of the four outlets where a card is used, all within three miles of each other. */
export function outletNear(card: number, which: number): Outlet {
  const lat = 50 + 5 * spread(card, 0.6180339887498949) + 0.008 * (which & 1)
  const lon = -4 + 5 * spread(card, 0.7548776662466927) + 0.008 * (which >> 1)
  const number = card * 4 + which
  return { outletId: `outlet-${number}`, terminalId: `term-${number}`, geo: { lat: micro(lat), lon: micro(lon) } }
}

/** Somewhere in Spain: far from all the others. */
export function cloneOutlet(random: Random): Outlet {
  const number = random.below(10_000)
  const geo = { lat: micro(random.uniform(37, 43)), lon: micro(random.uniform(-6, 0)) }
  return { outletId: `outlet-es-${number}`, terminalId: `term-es-${number}`, geo }
}
