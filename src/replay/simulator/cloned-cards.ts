import { type CardUse, dayMs, toCents } from './card-day.ts'
import { gridDistance } from './geography.ts'
import type { SimulationPlan } from './options.ts'
import type { Population } from './population.ts'
import { Random } from './random.ts'

const minuteMs = 60_000
const farAway = 20
const attempts = 50

/**
 * Impossible travel, Weir's own scenario: somebody uses a copy of a card, one to three times, at a terminal more than
 * 20 km away from where its owner just paid. Two of three copies turn up within ten minutes, the others within half an
 * hour; further uses follow one to five minutes apart. Nothing crosses midnight.
 */
export function clonedCardDay(
  day: number,
  plan: SimulationPlan,
  population: Population,
  genuine: readonly CardUse[],
): CardUse[] {
  const random = new Random(plan.seed, `clones-${day}`)
  const endMs = plan.fromMs + (day + 1) * dayMs
  const uses: CardUse[] = []
  if (genuine.length === 0) return uses
  for (let left = random.round(plan.clonedCardsPerDay); left > 0; left--) {
    const original = genuine[random.below(genuine.length)]!
    const terminal = findFarTerminal(original, population, random)
    if (terminal === undefined) continue
    const gapMs = random.chance(2 / 3)
      ? random.uniform(minuteMs, 10 * minuteMs)
      : random.uniform(10 * minuteMs, 30 * minuteMs)
    let timeMs = original.timeMs + Math.floor(gapMs)
    for (let more = 1 + random.below(3); more > 0 && timeMs < endMs; more--) {
      const amount = toCents(random.uniform(20, 300))
      uses.push({ ...original, timeMs, terminal, amount, scenario: 'travel' })
      timeMs += Math.floor(random.uniform(minuteMs, 5 * minuteMs))
    }
  }
  return uses
}

function findFarTerminal(original: CardUse, { terminals }: Population, random: Random): number | undefined {
  const from = terminals[original.terminal]!.at
  for (let left = attempts; left > 0; left--) {
    const index = random.below(terminals.length)
    if (gridDistance(from, terminals[index]!.at) > farAway) return index
  }
  return undefined
}
