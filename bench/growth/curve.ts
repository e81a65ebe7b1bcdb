import { cpus } from 'node:os'

/** What was measured at one place of a curve. */
export interface Point {
  /** `1,000`, `10 kB`, `99 %`. */
  readonly at: string
  readonly perSecond: number
  readonly cpuMicros: number
  /** The rival of the same run, in the same unit. */
  readonly rivalPerSecond?: number
  /** Cores in use meanwhile: Weir's process and the broker's. */
  readonly cores?: { readonly weir: number; readonly broker: number | null }
}

export interface Curve {
  readonly name: string
  /** What is counted. */
  readonly unit: 'events' | 'records'
  readonly rival?: string
  /** Threads that Weir had at each place. Default 1. */
  readonly threads?: readonly number[]
  readonly points: readonly Point[]
}

const machineCores = cpus().length

/** What a place of the curve is bound by, from what was measured there. */
export function boundOf({ rivalPerSecond, perSecond, cores }: Point, threads: number): string {
  if (cores === undefined) {
    if (rivalPerSecond === undefined) return 'the thread'
    const share = Math.min(100, Math.round((100 * perSecond) / rivalPerSecond))
    return share >= 50 ? `the thread: ${share} % of its time parses and writes` : 'the thread: state and rules'
  }
  const { weir, broker } = cores
  if (broker !== null && weir + broker >= 0.9 * machineCores) return "the machine's cores, which the broker shares"
  if (weir >= 0.9 * threads) return threads === 1 ? "Weir's thread" : "Weir's threads"
  return 'waiting for the broker: fetches and commits'
}

const number = (value: number | undefined): string =>
  value === undefined ? '–' : value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

/** A Markdown table of one curve. */
export function tableOf({ name, unit, rival, threads = [], points }: Curve): string {
  const one = unit === 'events' ? 'event' : 'record'
  const heads = [
    name,
    `${unit}/s`,
    `CPU µs/${one}`,
    ...(rival === undefined ? [] : [`${rival}, ${unit}/s`, 'of it']),
    'bound by',
  ]
  const rows = points.map((point, n) => [
    point.at,
    number(point.perSecond),
    number(point.cpuMicros),
    ...(rival === undefined || point.rivalPerSecond === undefined
      ? []
      : [number(point.rivalPerSecond), `${Math.round((100 * point.perSecond) / point.rivalPerSecond)} %`]),
    boundOf(point, threads[n] ?? 1),
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = `|---|${heads
    .slice(1, -1)
    .map(() => '---:|')
    .join('')}---|`
  return [line(heads), rule, ...rows.map(line)].join('\n')
}
