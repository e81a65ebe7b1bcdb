import { fileURLToPath } from 'node:url'
import { simulate } from '../../../src/replay/simulator/simulate.ts'
import { amountCases, declinedCases, smallSmallLargeCases, travelCases, twoOutletsCases } from './card-cases.ts'
import { duplicateCases, lateCases, unnamedCases } from './order-cases.ts'
import { abroadCases, balanceCases, limitCases } from './row-cases.ts'
import { secondFactorCases, twoDevicesCases } from './session-cases.ts'
import { type Placed, type ScenarioCase, type ScenarioLine, Stage } from './stage.ts'

export type { ScenarioCase, ScenarioLine } from './stage.ts'

export interface Scenario {
  /** In the order in which they are to be sent. */
  readonly lines: readonly ScenarioLine[]
  readonly cases: readonly ScenarioCase[]
}

export interface ScenarioOptions {
  /** Default 11. */
  readonly seed?: number
  /** Simulated events; the cases come on top. Default 20,000. */
  readonly simulated?: number
  /** How often each case is played, under another key and at another time. Default 5. */
  readonly repeats?: number
}

/** The folder with the rule set that the scenario is made for, as files; its twin is the oracle's `scenario-twins.ts`. */
export const scenarioRules: string = fileURLToPath(new URL('./rules/', import.meta.url))

export const scenarioPartitions = 4

const dayMs = 86_400_000
const minuteMs = 60_000
// In the past by any machine's clock: a log stamps records with it, and events ahead of their stamp are refused.
const fromMs = Date.UTC(2024, 2, 1)

const families = [
  twoOutletsCases,
  travelCases,
  smallSmallLargeCases,
  declinedCases,
  amountCases,
  limitCases,
  balanceCases,
  abroadCases,
  twoDevicesCases,
  secondFactorCases,
  lateCases,
  duplicateCases,
  unnamedCases,
]

/**
 * A month of some 240 simulated customers, slightly out of order and with duplicates, and among them cases at and beside
 * every bound of the rule set. Arrival never runs ahead of time: when a case's event arrives, stream time is at most the
 * time of its arrival, so an event that arrives on time sets stream time exactly.
 */
export function scenario({ seed = 11, simulated = 20_000, repeats = 5 }: ScenarioOptions = {}): Scenario {
  const base = simulatedLines(seed, simulated)
  const spanMs = base.at(-1)!.arrivalMs - fromMs - 2 * dayMs
  const stage = new Stage(fromMs + dayMs, Math.max(spanMs, dayMs))
  for (let n = 0; n < repeats; n++) for (const play of families) play(stage)
  const placed = [...base, ...stage.placed].sort((a, b) => a.arrivalMs - b.arrivalMs)
  return { lines: placed.map(({ line }) => line), cases: stage.cases }
}

function simulatedLines(seed: number, count: number): Placed[] {
  const options = { seed, customers: 240, days: Math.ceil(count / 500), fromMs, clonedCardsPerDay: 3 }
  const placed: Placed[] = []
  let arrivalMs = 0
  for (const event of simulate({ ...options, disorder: { share: 0.05, maxMs: 20 * minuteMs }, duplicates: 0.01 })) {
    if (placed.length === count) break
    const { kind, type, id, key, timeMs, payload } = event
    arrivalMs = Math.max(arrivalMs, timeMs)
    placed.push({ line: { kind, type, id, key, time: timeMs, payload }, arrivalMs })
  }
  return placed
}
