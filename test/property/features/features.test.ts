import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FeatureValues } from '../../../src/operators/features/definition.ts'
import { evaluateFeatures } from '../../../src/operators/features/evaluator.ts'
import { toDouble } from '../../../src/operators/features/exact.ts'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { columnsOf, type Drained, TaskState } from '../../../src/state/task-state.ts'
import { FeatureOracle, nearest } from './oracle.ts'
import { definitionOf, type FeatureShape, featureSets, type TraceEvent, traces } from './shapes.ts'

const runs = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 3_000)
const seed = process.env['WEIR_PROPERTY_SEED']
const parameters = (share: number) => ({
  numRuns: Math.ceil(runs * share),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
})

interface Run {
  readonly graceMs: number
  readonly cacheBytes: number
  /** So many batches are not in the database yet. */
  readonly behind: number
  readonly chunkEntries: number
  readonly batches: readonly number[]
  /** After each batch: go on, open the task again, or open it again and process the batch once more. */
  readonly after: readonly ('on' | 'restart' | 'crash')[]
}

const running: fc.Arbitrary<Run> = fc.record({
  graceMs: fc.constantFrom(0, 5, 10),
  cacheBytes: fc.constantFrom(0, 600, 1_000_000),
  behind: fc.constantFrom(0, 1, 3),
  chunkEntries: fc.constantFrom(2, 3, 8, 256),
  batches: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
  after: fc.array(fc.constantFrom<Run['after'][number]>('on', 'on', 'restart', 'crash'), {
    minLength: 1,
    maxLength: 4,
  }),
})

/** The values at each event that is applied, in order. */
async function runFeatures(
  features: readonly FeatureShape[],
  trace: readonly TraceEvent[],
  run: Run,
): Promise<FeatureValues[]> {
  const evaluator = evaluateFeatures(definitionOf(features, run), run)
  const stores = [evaluator.store]
  const db = await memoryEngine().open('state', columnsOf(stores))
  let streamTimeMs = -1
  let beforeMs = -1
  let waiting: Drained[] = []
  const open = () => TaskState.open({ db, stores, streamTimeMs: () => beforeMs, cacheBytes: run.cacheBytes })
  let state = open()
  let task = evaluator.open(state)
  const commit = async (batchesLeft: number) => {
    const drained = state.drain()
    if (!drained.isEmpty) waiting.push(drained)
    while (waiting.length > batchesLeft) {
      await db.write(waiting.shift()!.changes(streamTimeMs))
      state.applied()
    }
  }
  const results: FeatureValues[] = []
  let start = 0
  for (let number = 0; start < trace.length; number++) {
    const batch = trace.slice(start, start + run.batches[number % run.batches.length]!)
    const before = streamTimeMs
    const after = run.after[number % run.after.length]!
    let values: FeatureValues[] = []
    for (let attempt = after === 'crash' ? 2 : 1; attempt > 0; attempt--) {
      streamTimeMs = before
      beforeMs = before
      for (const [index, event] of batch.entries())
        if (event.type !== 'tick') task.prefetch(keyed(event, start + index), state.prefetcher())
      await state.prefetch()
      values = batch.flatMap((event, index) => {
        beforeMs = streamTimeMs
        streamTimeMs = Math.max(streamTimeMs, event.timeMs)
        if (event.type === 'tick' || event.timeMs < streamTimeMs - run.graceMs) return []
        return [task.process(keyed(event, start + index), streamTimeMs)]
      })
      if (attempt > 1) streamTimeMs = before
      await commit(after === 'on' ? run.behind : 0)
      if (after === 'on') continue
      state = open()
      task = evaluator.open(state)
      waiting = []
    }
    results.push(...values)
    start += batch.length
  }
  return results
}

const keyed = (event: TraceEvent, offset: number) => ({ key: event.key, timeMs: event.timeMs, offset, value: event })

function expectedOf(features: readonly FeatureShape[], trace: readonly TraceEvent[], graceMs: number): FeatureValues[] {
  const oracle = new FeatureOracle(features)
  let streamTimeMs = -1
  return trace.flatMap((event, offset) => {
    streamTimeMs = Math.max(streamTimeMs, event.timeMs)
    return event.type === 'tick' || event.timeMs < streamTimeMs - graceMs ? [] : [oracle.apply(event, offset)]
  })
}

test('features are what their definition says, in any order of events, across restarts and crashes', async () => {
  let read = 0
  let tried = 0
  const property = fc.asyncProperty(featureSets, traces(40), running, async (features, trace, run) => {
    const expected = expectedOf(features, trace, run.graceMs)
    expect(await runFeatures(features, trace, run)).toEqual(expected)
    tried++
    if (expected.some((values) => Object.values(values).some((value) => value !== 0))) read++
  })
  await fc.assert(property, parameters(0.9))
  if (tried >= 1_000) expect(read / tried, 'share of traces in which a feature has a value').toBeGreaterThan(0.8)
})

test('long windows span many chunks', async () => {
  const property = fc.asyncProperty(featureSets, traces(600), running, async (features, trace, run) => {
    const wide = features.map((feature) => ({ ...feature, fromMs: feature.fromMs * 20 }))
    expect(await runFeatures(wide, trace, run)).toEqual(expectedOf(wide, trace, run.graceMs))
  })
  await fc.assert(property, parameters(0.02))
})

test('a fraction is rounded once, to the nearest double, ties to even', () => {
  const whole = fc.oneof(fc.bigInt({ min: 1n, max: 2n ** 60n }), fc.bigInt({ min: 1n, max: 2n ** 1200n }))
  const property = fc.property(
    whole,
    fc.bigInt({ min: 1n, max: 2n ** 70n }),
    fc.constantFrom(64, 128, 1074, 2148),
    (top, bottom, scale) => {
      fc.pre(top >> BigInt(scale + 1000) === 0n)
      expect(toDouble(top, scale, bottom)).toBe(nearest(top, bottom << BigInt(scale)))
      expect(toDouble(-top, scale, bottom)).toBe(-nearest(top, bottom << BigInt(scale)))
    },
  )
  fc.assert(property, parameters(0.1))
})
