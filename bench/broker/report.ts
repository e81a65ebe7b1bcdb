import { type Spread, spreadOf } from './numbers.ts'
import type { RunResult } from './run.ts'
import { type Scenario, titleOf } from './scenario.ts'

export interface ScenarioResults {
  readonly scenario: Scenario
  readonly runs: readonly RunResult[]
}

/** What a row of the table shows: a run's number in the unit of its column. */
const columns = {
  'events/s': (run: RunResult) => run.eventsPerSecond,
  'second half/s': (run: RunResult) => run.secondHalfEventsPerSecond,
  'CPU µs/event': (run: RunResult) => run.cpuMicrosPerEvent,
  'broker µs/event': (run: RunResult) => run.brokerCpuMicrosPerEvent ?? Number.NaN,
  'RSS MB': (run: RunResult) => run.peakRssBytes / 1e6,
  'state MB': (run: RunResult) => run.stateBytes / 1e6,
  'written MB': (run: RunResult) => run.writtenBytes / 1e6,
  'visible p50 ms': (run: RunResult) => run.decisions.visibleAfterMs.p50,
  'visible p99 ms': (run: RunResult) => run.decisions.visibleAfterMs.p99,
  'load before': (run: RunResult) => run.loadBefore,
} as const

export type Column = keyof typeof columns

export interface Summary {
  readonly rival: string
  readonly rounds: number
  readonly spreads: Readonly<Record<Column, Spread>>
}

/** Rival by rival in the order in which they first ran. */
export const summarise = (runs: readonly RunResult[]): readonly Summary[] =>
  [...Map.groupBy(runs, (run) => run.rival)].map(([rival, own]) => ({
    rival,
    rounds: own.length,
    spreads: Object.fromEntries(
      Object.entries(columns).map(([name, read]) => [name, spreadOf(own.map(read))]),
    ) as Record<Column, Spread>,
  }))

const number = (value: number): string =>
  Number.isNaN(value) ? '–' : value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

const cell = ({ median, min, max }: Spread): string =>
  min === max ? number(median) : `${number(median)} (${number(min)}–${number(max)})`

/** A Markdown table: median, and minimum to maximum. */
export function tableOf({ scenario, runs }: ScenarioResults): string {
  const names = Object.keys(columns) as Column[]
  const rows = summarise(runs).map(
    ({ rival, spreads }) => `| ${rival} | ${names.map((name) => cell(spreads[name])).join(' | ')} |`,
  )
  const head = `| rival | ${names.join(' | ')} |\n|---|${names.map(() => '---:|').join('')}`
  const rounds = new Set(runs.map((run) => run.round)).size
  return `${titleOf(scenario)}; ${rounds} round${rounds === 1 ? '' : 's'}\n\n${head}\n${rows.join('\n')}\n`
}
