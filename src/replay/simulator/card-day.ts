import type { Compromises } from './compromises.ts'
import type { FraudScenario } from './event.ts'
import type { SimulationPlan } from './options.ts'
import type { Customer, Population } from './population.ts'
import { Random } from './random.ts'

/** A card transaction before the bank has answered: who, where, how much. Indexes point into the population. */
export interface CardUse {
  readonly what: 'card'
  readonly timeMs: number
  readonly customer: number
  readonly cardId: string
  readonly terminal: number
  readonly amount: number
  readonly scenario?: FraudScenario
}

export const dayMs = 86_400_000
const largestGenuineAmount = 220

/** Two decimals. */
export const toCents = (amount: number): number => Math.round(amount * 100) / 100

function drawAmount(random: Random, { meanAmount, deviationOfAmount }: Customer): number {
  const amount = random.normal(meanAmount, deviationOfAmount)
  return toCents(amount < 0 ? random.uniform(0, 2 * meanAmount) : amount)
}

/** Normal about noon with 20,000 s; `undefined` outside the day. */
function drawTimeOfDay(random: Random): number | undefined {
  const ms = Math.floor(random.normal(43_200, 20_000) * 1000)
  return ms > 0 && ms < dayMs ? ms : undefined
}

/**
 * One day's card transactions by the handbook's parameters, customer by customer, not yet in order of time. Where
 * several scenarios meet, customer goes before terminal before amount, as when they are marked one after the other.
 */
export function cardDay(
  day: number,
  plan: SimulationPlan,
  population: Population,
  compromises: Compromises,
): CardUse[] {
  const random = new Random(plan.seed, `cards-${day}`)
  const thefts = new Random(plan.seed, `thefts-${day}`)
  const startMs = plan.fromMs + day * dayMs
  const uses: CardUse[] = []
  population.customers.forEach((customer, index) => {
    for (let left = random.poisson(customer.meanTransactionsPerDay); left > 0; left--) {
      const timeOfDay = drawTimeOfDay(random)
      if (timeOfDay === undefined) continue
      const amount = drawAmount(random, customer)
      const terminal = customer.terminals[random.below(customer.terminals.length)]!
      const cardId = customer.cardIds[random.chance(0.8) ? 0 : customer.cardIds.length - 1]!
      const use: CardUse = { what: 'card', timeMs: startMs + timeOfDay, customer: index, cardId, terminal, amount }
      if (compromises.customer(index) && thefts.chance(1 / 3))
        uses.push({ ...use, amount: toCents(amount * 5), scenario: 'customer' })
      else if (compromises.terminal(terminal)) uses.push({ ...use, scenario: 'terminal' })
      else if (amount > largestGenuineAmount) uses.push({ ...use, scenario: 'amount' })
      else uses.push(use)
    }
  })
  return uses
}
