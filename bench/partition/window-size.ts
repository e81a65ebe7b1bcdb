/**
 * What an event of one hot key costs, by the number of events in its window, steadily sliding: every aggregate, and a sequence
 * that matches or never does. RocksDB holds more than its cache. `node bench/partition/window-size.ts [--sizes 10,1000,100000]
 * [--events N] [--filler N] [--only NAME]`
 */
import { parseArgs } from 'node:util'
import { aggregates } from '../../src/operators/features/definition.ts'
import { spreadOf } from '../broker/numbers.ts'
import { type BenchRecord, BenchTask } from './bench-task.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,1000,100000' },
    events: { type: 'string', default: '10000' },
    filler: { type: 'string', default: '300000' },
    only: { type: 'string' },
  },
})
const sizes = values.sizes.split(',').map(Number)
const events = Number(values.events)
const batchSize = 500
const stepMs = 1_000

/** The size of a window is its length: the events come a second apart. */
const ruleFiles: Readonly<Record<string, (size: number) => string>> = {
  ...Object.fromEntries(
    aggregates.map((agg) => [agg, (size: number) => ruleFile(size, featureOf(agg, size), 'when: f.x < -1')]),
  ),
  'sequence, matches': (size) => ruleFile(size, '', sequence(size, 'a.outlet != b.outlet')),
  'sequence, never matches': (size) => ruleFile(size, '', sequence(size, 'a.amount + b.amount < 0')),
}

const featureOf = (agg: string, size: number): string =>
  `  x: {event: paid, agg: ${agg}${agg === 'count' ? '' : ', value: e.amount'}, window: ${size - 1}s}\n`

const sequence = (size: number, where: string): string =>
  `sequence: {within: ${size - 1}s, steps: [{a: paid}, {b: paid, where: ${where}}]}`

/** Beside the measured rule, a feature over another type keeps 30 days of events: what makes the database large. */
const ruleFile = (size: number, feature: string, condition: string): string => `version: 1
options: {grace: 1s, emit: flagged}
events:
  paid: {amount: double, outlet: string}
  noted: {amount: double, text: string}
features:
${feature}  kept: {event: noted, agg: distinct, value: e.text, window: 30d}
rules:
- {id: kept, event: noted, when: f.kept < 0, then: {outcome: review, score: 1}}
- {id: size-${size}, ${condition.startsWith('when') ? 'event: paid, ' : ''}${condition}, then: {outcome: review, score: 1}}
`

class HotKey {
  readonly size: number
  readonly #task: BenchTask
  #timeMs = 0
  #count = 0

  constructor(size: number, task: BenchTask) {
    this.size = size
    this.#task = task
  }

  async fillDatabase(filler: number): Promise<void> {
    const noted = (n: number): BenchRecord => ({
      type: 'noted',
      key: `k${(n * 7919) % 50_021}`,
      timeMs: n,
      payload: { amount: n, text: `${n}`.padStart(100, 'x') },
    })
    for (let n = 0; n < filler; n += batchSize)
      await this.#task.process(Array.from({ length: batchSize }, (_, index) => noted(n + index)))
    this.#timeMs = filler
  }

  async step(count = batchSize): Promise<void> {
    await this.#task.process(
      Array.from({ length: count }, (): BenchRecord => {
        this.#timeMs += stepMs
        this.#count++
        const amount = (1 + ((this.#count * 7919) % 10_007)) / 100
        return { type: 'paid', key: 'hot', timeMs: this.#timeMs, payload: { amount, outlet: `o${this.#count % 50}` } }
      }),
    )
  }

  async fillWindow(): Promise<void> {
    for (let filled = 0; filled < this.size + 2 * batchSize; filled += batchSize) await this.step()
    this.#task.microsPerEvent()
  }

  microsPerEvent = (): number => this.#task.microsPerEvent()
  close = (): Promise<void> => this.#task.close()
}

const table: Record<string, Record<string, string>> = {}
for (const [name, ruleFileOf] of Object.entries(ruleFiles)) {
  if (values.only !== undefined && !name.includes(values.only)) continue
  const keys: HotKey[] = []
  for (const size of sizes) {
    const key = new HotKey(size, await BenchTask.open(ruleFileOf(size)))
    await key.fillDatabase(Number(values.filler))
    await key.fillWindow()
    keys.push(key)
  }
  const micros = new Map(keys.map((key) => [key, [] as number[]]))
  for (let done = 0; done < events; done += batchSize) {
    // In turn, so that what disturbs the machine disturbs all sizes.
    for (const key of keys) {
      await key.step()
      micros.get(key)!.push(key.microsPerEvent())
    }
  }
  const medians = keys.map((key) => spreadOf(micros.get(key)!).median)
  table[name] = {
    ...Object.fromEntries(keys.map(({ size }, index) => [`${size} (µs)`, medians[index]!.toFixed(1)])),
    'largest to smallest': (medians.at(-1)! / medians[0]!).toFixed(2),
  }
  for (const key of keys) await key.close()
}
console.table(table)
