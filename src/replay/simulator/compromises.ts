import type { SimulationPlan } from './options.ts'
import { Random } from './random.ts'

const terminalDays = 28
const customerDays = 14

/** What is compromised on the day last opened. */
export interface Compromises {
  /** Days are opened in order, each once. */
  openDay(day: number): void
  terminal(index: number): boolean
  customer(index: number): boolean
}

/**
 * The handbook's second and third scenario: each day two of 10,000 terminals for 28 days and three of 5,000 customers
 * for 14 days, counting that day. Other numbers of terminals and customers keep the proportion, so the share of frauds
 * stays the same at any size.
 */
export function planCompromises(plan: SimulationPlan): Compromises {
  const terminalUntil = new Int32Array(plan.terminals)
  const customerUntil = new Int32Array(plan.customers)
  let today = 0
  const compromise = (until: Int32Array, { days, count, random }: { days: number; count: number; random: Random }) => {
    const chosen = new Set<number>()
    while (chosen.size < Math.min(count, until.length)) chosen.add(random.below(until.length))
    for (const index of chosen) until[index] = today + days
  }
  return {
    openDay(day) {
      today = day
      const random = new Random(plan.seed, `compromises-${day}`)
      const terminals = random.round((2 * plan.terminals) / 10_000)
      const customers = random.round((3 * plan.customers) / 5_000)
      compromise(terminalUntil, { days: terminalDays, count: terminals, random })
      compromise(customerUntil, { days: customerDays, count: customers, random })
    },
    terminal: (index) => terminalUntil[index]! > today,
    customer: (index) => customerUntil[index]! > today,
  }
}
