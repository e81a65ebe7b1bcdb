/**
 * What an event costs by the number of rules on its type: rules that share their features, rules with windows of their own over
 * the same events, and sequences. `node bench/partition/rule-count.ts [--counts 1,3,10,30,100] [--events N]`
 */
import { parseArgs } from 'node:util'
import { spreadOf } from '../broker/numbers.ts'
import { type BenchRecord, BenchTask } from './bench-task.ts'

const { values } = parseArgs({
  options: { counts: { type: 'string', default: '1,3,10,30,100' }, events: { type: 'string', default: '20000' } },
})
const counts = values.counts.split(',').map(Number)
const events = Number(values.events)
const batchSize = 500
const then = 'then: {outcome: review, score: 1}'

interface RuleFile {
  readonly features: readonly string[]
  readonly rules: readonly string[]
}

const each = (count: number, make: (n: number) => string): string[] => Array.from({ length: count }, (_, n) => make(n))

const families: Readonly<Record<string, (count: number) => RuleFile>> = {
  'three features, shared by all': (count) => ({
    features: [
      'f0: {event: paid, agg: count, window: 10m}',
      'f1: {event: paid, agg: sum, value: e.amount, window: 10m}',
      'f2: {event: paid, agg: distinct, value: e.outlet, window: 10m}',
    ],
    rules: each(count, (n) => `{id: r${n}, event: paid, when: f.f${n % 3} > ${1e6 + n}, ${then}}`),
  }),
  'a window of its own each, over the same events': (count) => ({
    features: each(count, (n) => `f${n}: {event: paid, agg: sum, value: e.amount, window: ${60 + n * 5}s}`),
    rules: each(count, (n) => `{id: r${n}, event: paid, when: f.f${n} > ${1e6 + n}, ${then}}`),
  }),
  'conditions on the event alone': (count) => ({
    features: [],
    rules: each(count, (n) => `{id: r${n}, event: paid, when: e.amount > ${1e6 + n} && e.outlet != 'o${n}', ${then}}`),
  }),
  'sequences of two steps over the same events': (count) => ({
    features: [],
    rules: each(
      count,
      (n) =>
        `{id: r${n}, sequence: {within: ${60 + n * 5}s, steps: [{a: paid}, {b: paid, where: b.amount > a.amount + ${1e6 + n}}]}, ${then}}`,
    ),
  }),
}

const textOf = ({ features, rules }: RuleFile): string => `version: 1
options: {grace: 1m, emit: flagged}
events:
  paid: {amount: double, outlet: string}
${features.length === 0 ? '' : `features:\n${features.map((feature) => `  ${feature}\n`).join('')}`}rules:
${rules.map((rule) => `- ${rule}\n`).join('')}`

/** 1,000 customers, 100 payments a second: sixty of each lie in a window of ten minutes. */
const payment = (n: number): BenchRecord => ({
  type: 'paid',
  key: `k${(n * 7919) % 1_000}`,
  timeMs: n * 10,
  payload: { amount: 1 + (n % 97), outlet: `o${n % 50}` },
})

const table: Record<string, Record<string, string>> = {}
for (const [name, family] of Object.entries(families)) {
  const tasks = await Promise.all(counts.map((count) => BenchTask.open(textOf(family(count)))))
  const micros = tasks.map((): number[] => [])
  for (let start = 0; start < 4 * events; start += batchSize) {
    const batch = each(batchSize, () => '').map((_, index) => payment(start + index))
    // In turn, so that what disturbs the machine disturbs all counts.
    for (const [at, task] of tasks.entries()) {
      await task.process(batch)
      const spent = task.microsPerEvent()
      if (start >= 3 * events) micros[at]!.push(spent)
    }
  }
  const medians = micros.map((spent) => spreadOf(spent).median)
  table[name] = {
    ...Object.fromEntries(counts.map((count, at) => [`${count} (µs)`, medians[at]!.toFixed(1)])),
    'most to one': (medians.at(-1)! / medians[0]!).toFixed(1),
  }
  for (const task of tasks) await task.close()
}
console.table(table)
