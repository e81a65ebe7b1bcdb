import { ConfigError } from '../../errors.ts'
import type { GeoPoint } from './geography.ts'

/** Every option has the handbook's value as its default; the same options give the same events, byte for byte. */
export interface SimulateOptions {
  /** Default 1. */
  readonly seed?: number
  /** Default 5,000. */
  readonly customers?: number
  /** Default twice the customers. */
  readonly terminals?: number
  /** Default 183. */
  readonly days?: number
  /** Start of the first day, epoch ms. Default 2018-04-01T00:00:00Z. */
  readonly fromMs?: number
  /** The middle of the grid. Default 51.5, −0.12. */
  readonly centre?: GeoPoint
  /** Logins, second factors and withdrawals. Default true. */
  readonly sessions?: boolean
  /** Changes of `public.customers` and `public.cards`. Default true. */
  readonly rows?: boolean
  /** Cards cloned a day on average; 0 leaves the handbook's frauds alone. Default: one for a thousand customers. */
  readonly clonedCardsPerDay?: number
  /** This share of business events arrives up to `maxMs` after its time. Data events keep their order. Default none. */
  readonly disorder?: { readonly share: number; readonly maxMs: number }
  /** This share of all events is sent twice, the copy within `disorder.maxMs` (one minute without it). Default 0. */
  readonly duplicates?: number
}

export type SimulationPlan = Required<SimulateOptions>

const problems = (plan: SimulationPlan): string[] => {
  const found: string[] = []
  const must = (holds: boolean, message: string) => holds || found.push(message)
  must(Number.isSafeInteger(plan.seed) && plan.seed >= 0, 'seed must be a whole number from 0')
  must(Number.isSafeInteger(plan.customers) && plan.customers > 0, 'customers must be a whole number above 0')
  must(Number.isSafeInteger(plan.terminals) && plan.terminals > 0, 'terminals must be a whole number above 0')
  must(Number.isSafeInteger(plan.days) && plan.days >= 0, 'days must be a whole number from 0')
  must(Number.isSafeInteger(plan.fromMs), 'the start must be whole epoch milliseconds')
  must(plan.clonedCardsPerDay >= 0 && plan.clonedCardsPerDay < 1e6, 'cloned cards a day must be from 0 to 1,000,000')
  must(plan.duplicates >= 0 && plan.duplicates <= 1, 'duplicates is a share from 0 to 1')
  must(plan.disorder.share >= 0 && plan.disorder.share <= 1, 'disorder.share is a share from 0 to 1')
  must(Number.isSafeInteger(plan.disorder.maxMs) && plan.disorder.maxMs > 0, 'disorder.maxMs must be above 0')
  return found
}

/** Fills in the defaults. @throws ConfigError `config-invalid` with everything that is wrong */
export function planOf(options: SimulateOptions): SimulationPlan {
  const customers = options.customers ?? 5000
  const plan: SimulationPlan = {
    seed: options.seed ?? 1,
    customers,
    terminals: options.terminals ?? 2 * customers,
    days: options.days ?? 183,
    fromMs: options.fromMs ?? 1_522_540_800_000,
    centre: options.centre ?? { lat: 51.5, lon: -0.12 },
    sessions: options.sessions ?? true,
    rows: options.rows ?? true,
    clonedCardsPerDay: options.clonedCardsPerDay ?? customers / 1000,
    disorder: options.disorder ?? { share: 0, maxMs: 60_000 },
    duplicates: options.duplicates ?? 0,
  }
  const found = problems(plan)
  if (found.length > 0) throw new ConfigError('config-invalid', `the simulation cannot run: ${found.join('; ')}`)
  return plan
}
