import { Random } from '../../src/replay/simulator/random.ts'
import { spreadOf } from '../broker/numbers.ts'
import { type BenchRecord, BenchTask } from '../partition/bench-task.ts'
import type { Curve, Point } from './curve.ts'

const batchSize = 500
const startMs = Date.UTC(2026, 2, 1)

/** A window that holds all that was filled in, a sequence, and a value of which the rules name little. */
const ruleFile = `version: 1
options: {grace: 1h}
events: {paid: {amount: double, outlet: string}}
features:
  spent_7d: {event: paid, agg: sum, value: e.amount, window: 7d}
rules:
- {id: spends, event: paid, when: f.spent_7d > 1000000.0, then: {outcome: review, score: 1}}
- id: two-outlets
  sequence: {within: 10m, steps: [{a: paid}, {b: paid, where: a.outlet != b.outlet && b.amount > 1000000.0}]}
  then: {outcome: review, score: 1}
`

interface Load {
  readonly keys: number
  /** Bytes of the value, about. */
  readonly valueBytes: number
  /** Events before those that are measured; each key has at least one where there are as many. */
  readonly filler: number
  readonly events: number
  readonly rounds: number
}

function* batchesOf(load: Load, count: number, from: number): Generator<BenchRecord[]> {
  const random = new Random(from + 1, 'growth')
  const more = 'x'.repeat(Math.max(0, load.valueBytes - 60))
  let next: BenchRecord[] = []
  for (let n = from; n < from + count; n++) {
    const key = n < load.keys ? n : random.below(load.keys)
    const payload = { amount: random.below(10_000) / 100, outlet: `o${random.below(5)}`, note: more }
    next.push({ type: 'paid', key: `cust-${key}`, timeMs: startMs + n * 30, payload })
    if (next.length < batchSize) continue
    yield next
    next = []
  }
  if (next.length > 0) yield next
}

/** One task without a broker, and beside it a loop that parses and writes the same values. */
async function measure(at: string, load: Load): Promise<Point> {
  const task = await BenchTask.open(ruleFile)
  try {
    for (const batch of batchesOf(load, load.filler, 0)) await task.process(batch)
    task.microsPerEvent()
    const cpu: number[] = []
    const rates: number[] = []
    const bare: number[] = []
    for (let round = 0; round < load.rounds; round++) {
      let [tookMs, bareMs] = [0, 0]
      for (const batch of batchesOf(load, load.events, load.filler + round * load.events)) {
        const values = batch.map(({ payload }) => Buffer.from(JSON.stringify(payload)))
        const bareStartMs = performance.now()
        for (const value of values) Buffer.from(JSON.stringify(JSON.parse(value.toString())))
        bareMs += performance.now() - bareStartMs
        tookMs += await task.processMs(batch)
      }
      cpu.push(task.microsPerEvent())
      rates.push((load.events * 1_000) / tookMs)
      bare.push((load.events * 1_000) / bareMs)
    }
    return {
      at,
      perSecond: spreadOf(rates).median,
      cpuMicros: spreadOf(cpu).median,
      rivalPerSecond: spreadOf(bare).median,
    }
  } finally {
    await task.close()
  }
}

const rival = 'parse and write alone'

export async function keysCurve(quick: boolean, say: (text: string) => void): Promise<Curve> {
  const points: Point[] = []
  for (const keys of quick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000]) {
    say(`keys: ${keys}`)
    const events = quick ? 5_000 : 40_000
    const load = { keys, valueBytes: 200, filler: Math.max(keys, 2 * events), events, rounds: quick ? 1 : 3 }
    points.push(await measure(keys.toLocaleString('en'), load))
  }
  return { name: 'keys', unit: 'events', rival, points }
}

export async function valueCurve(quick: boolean, say: (text: string) => void): Promise<Curve> {
  const points: Point[] = []
  for (const valueBytes of [200, 1_000, 3_000, 10_000]) {
    say(`value size: ${valueBytes}`)
    const events = quick ? 2_000 : 20_000
    const load = { keys: 20_000, valueBytes, filler: events, events, rounds: quick ? 1 : 3 }
    points.push(await measure(`${valueBytes / 1_000} kB`, load))
  }
  return { name: 'value size', unit: 'events', rival, points }
}
