import { type GeoPoint, type GridPoint, geoOf, gridDistance, gridSize } from './geography.ts'
import type { SimulationPlan } from './options.ts'
import { Random } from './random.ts'

export interface Terminal {
  readonly terminalId: string
  readonly outletId: string
  readonly at: GridPoint
  readonly geo: GeoPoint
}

export interface Customer {
  readonly key: string
  readonly at: GridPoint
  readonly country: string
  readonly cardIds: readonly string[]
  readonly deviceIds: readonly string[]
  readonly meanAmount: number
  readonly deviationOfAmount: number
  readonly meanTransactionsPerDay: number
  /** Indexes of the terminals within the radius; of the nearest one when there is none. */
  readonly terminals: readonly number[]
}

export interface Population {
  readonly customers: readonly Customer[]
  readonly terminals: readonly Terminal[]
}

const radius = 5
const countries = ['GB', 'GB', 'GB', 'GB', 'FR', 'DE', 'ES', 'IE']

const somewhere = (random: Random): GridPoint => ({ x: random.uniform(0, gridSize), y: random.uniform(0, gridSize) })

/** Terminals stand evenly over the grid; about every second one in the same outlet as the one before it. */
function placeTerminals(plan: SimulationPlan): Terminal[] {
  const random = new Random(plan.seed, 'terminals')
  const terminals: Terminal[] = []
  let outlets = 0
  for (let n = 1; n <= plan.terminals; n++) {
    const neighbour = random.chance(0.5) ? terminals.at(-1) : undefined
    const at = neighbour?.at ?? somewhere(random)
    const outletId = neighbour?.outletId ?? `outlet-${++outlets}`
    terminals.push({ terminalId: `term-${n}`, outletId, at, geo: geoOf(at, plan.centre) })
  }
  return terminals
}

function reachable(at: GridPoint, terminals: readonly Terminal[]): number[] {
  const within: number[] = []
  let nearest = 0
  let nearestDistance = Number.POSITIVE_INFINITY
  for (let index = 0; index < terminals.length; index++) {
    const distance = gridDistance(at, terminals[index]!.at)
    if (distance < radius) within.push(index)
    if (distance >= nearestDistance) continue
    nearest = index
    nearestDistance = distance
  }
  return within.length > 0 ? within : [nearest]
}

/** The customers and terminals of the Fraud Detection Handbook's profiles, with cards, devices and a country each. */
export function populate(plan: SimulationPlan): Population {
  const terminals = placeTerminals(plan)
  const random = new Random(plan.seed, 'customers')
  const customers = Array.from({ length: plan.customers }, (_, index): Customer => {
    const n = index + 1
    const at = somewhere(random)
    const meanAmount = random.uniform(5, 100)
    return {
      key: `cust-${n}`,
      at,
      country: countries[random.below(countries.length)]!,
      cardIds: random.chance(0.5) ? [`card-${n}-1`] : [`card-${n}-1`, `card-${n}-2`],
      deviceIds: random.chance(0.6) ? [`device-${n}-1`] : [`device-${n}-1`, `device-${n}-2`],
      meanAmount,
      deviationOfAmount: meanAmount / 2,
      meanTransactionsPerDay: random.uniform(0, 4),
      terminals: reachable(at, terminals),
    }
  })
  return { customers, terminals }
}
