import { dayMs } from './card-day.ts'
import type { SimulationPlan } from './options.ts'
import type { Population } from './population.ts'
import { Random } from './random.ts'

/** What customers do in the bank's app. */
export type SessionStep =
  | { readonly what: 'login'; readonly timeMs: number; readonly customer: number; readonly deviceId: string }
  | { readonly what: 'twofa'; readonly timeMs: number; readonly customer: number }
  | {
      readonly what: 'withdrawal'
      readonly timeMs: number
      readonly customer: number
      /** Of the balance at that time. */
      readonly share: number
    }

const loginsPerDay = 0.3
const secondMs = 1000
const longestSessionMs = 1800 * secondMs

/**
 * One day's logins (three in ten days a customer; one in thirty from a device never seen), most confirmed by a second
 * factor within a minute, a quarter followed by a withdrawal within twenty minutes. Nothing crosses midnight.
 */
export function sessionDay(day: number, plan: SimulationPlan, { customers }: Population): SessionStep[] {
  const random = new Random(plan.seed, `sessions-${day}`)
  const startMs = plan.fromMs + day * dayMs
  const steps: SessionStep[] = []
  customers.forEach(({ deviceIds }, customer) => {
    for (let left = random.poisson(loginsPerDay); left > 0; left--) {
      const timeMs = startMs + random.below(dayMs - longestSessionMs)
      const strange = random.chance(1 / 30)
      const deviceId = strange ? `device-x-${random.uint32()}` : deviceIds[random.below(deviceIds.length)]!
      steps.push({ what: 'login', timeMs, customer, deviceId })
      if (random.chance(0.7))
        steps.push({ what: 'twofa', timeMs: timeMs + 5 * secondMs + random.below(55 * secondMs), customer })
      if (!random.chance(0.25)) continue
      const share = random.chance(0.1) ? random.uniform(0.5, 0.95) : random.uniform(0.02, 0.4)
      const laterMs = 60 * secondMs + random.below(1140 * secondMs)
      steps.push({ what: 'withdrawal', timeMs: timeMs + laterMs, customer, share })
    }
  })
  return steps
}
