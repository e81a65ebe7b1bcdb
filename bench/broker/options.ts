import { parseArgs } from 'node:util'
import type { Emit } from '../data/ten-minute-rule.ts'
import type { Guarantee } from './rival.ts'
import type { Scenario } from './scenario.ts'

export const help = `Measures Weir beside Kafka Streams and a bare loop, on one broker, one partition, in alternating rounds.

  npm run bench:broker -- [options]

  --events N          card transactions a run (default 500,000)
  --cards N,N         scenarios by number of cards (default 20,000 and 500,000)
  --emit all,flagged  scenarios by which decisions are written (default both)
  --guarantee G,G     exactly-once, at-least-once (default exactly-once)
  --rounds N          rounds of each scenario (default 3)
  --seed N            of the events (default 1)
  --rivals A,B        weir, streams, bare (default these), shipped (Weir with the rules of rules/)
  --streams K=V,…     settings of the Kafka Streams rival over its best ones
  --max-records N     Weir's records a commit (default 8,000, as weir run's)
  --max-bytes N       bytes that Weir and the bare loop fetch at a time (default 2 MiB, as weir run's)
  --task-memory-mb N  memory for the state of Weir's task (default 128, as weir run's)
  --sweep NAME,…      Kafka Streams' variants in place of the rivals: stores, commit, producer, consumer, heap,
                      collector
  --node-flags F,F    for Weir's Node, such as --max-semi-space-size=64
  --cpu-prof DIR      write Weir's CPU profiles there
  --quick             20,000 events, one round, 2,000 cards
  --out FILE          results as FILE.json and FILE.svg (default: printed only)
`

export interface BenchOptions {
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  readonly rivals: readonly string[]
  readonly streams: string | undefined
  readonly weir: Readonly<Record<string, number>>
  /** Names of sweeps; empty for the rivals. */
  readonly sweep: readonly string[]
  /** For Weir's Node. */
  readonly nodeFlags: readonly string[]
  readonly out: string | undefined
}

const flags = {
  events: { type: 'string' },
  cards: { type: 'string' },
  emit: { type: 'string' },
  guarantee: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string' },
  rivals: { type: 'string' },
  streams: { type: 'string' },
  'max-records': { type: 'string' },
  'max-bytes': { type: 'string' },
  'task-memory-mb': { type: 'string' },
  sweep: { type: 'string' },
  'node-flags': { type: 'string' },
  'cpu-prof': { type: 'string' },
  quick: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean' },
} as const

export function readOptions(): BenchOptions | 'help' {
  const { values } = parseArgs({ options: flags })
  if (values.help) return 'help'
  const quick = values.quick === true
  const list = (text: string | undefined, otherwise: string): string[] => (text ?? otherwise).split(',')
  const events = Number(values.events ?? (quick ? 20_000 : 500_000))
  const seed = Number(values.seed ?? 1)
  const scenarios: Scenario[] = []
  for (const guarantee of list(values.guarantee, 'exactly-once') as Guarantee[])
    for (const cards of list(values.cards, quick ? '2000' : '20000,500000').map(Number))
      for (const emit of list(values.emit, quick ? 'all' : 'all,flagged') as Emit[])
        scenarios.push({ events, cards, seed, emit, guarantee })
  const weir: Record<string, number> = {}
  for (const name of ['max-records', 'max-bytes', 'task-memory-mb'] as const)
    if (values[name] !== undefined) weir[name] = Number(values[name])
  return {
    scenarios,
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    rivals: list(values.rivals, 'weir,streams,bare'),
    streams: values.streams,
    weir,
    sweep: values.sweep?.split(',') ?? [],
    nodeFlags: [
      ...(values['node-flags']?.split(',') ?? []),
      ...(values['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`]),
    ],
    out: values.out,
  }
}
