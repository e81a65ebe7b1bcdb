import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FeatureValues } from '../../../src/operators/features/definition.ts'
import { evaluateFeatures } from '../../../src/operators/features/evaluator.ts'
import { toDouble } from '../../../src/operators/features/exact.ts'
import { MemoryStores } from '../../support/memory-window-store.ts'
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
  readonly maxCachedEntries: number
  readonly chunkEntries: number
  readonly batches: readonly number[]
  /** After each batch: go on, open the task again, or open it again and process the batch once more. */
  readonly after: readonly ('on' | 'restart' | 'crash')[]
  /** Whether the task, which knows what is in memory, is asked to prefetch, or the definition. */
  readonly taskPrefetches: boolean
}

const running: fc.Arbitrary<Run> = fc.record({
  graceMs: fc.constantFrom(0, 5, 10),
  maxCachedEntries: fc.constantFrom(0, 20, 1_000),
  chunkEntries: fc.constantFrom(2, 3, 8, 256),
  batches: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
  after: fc.array(fc.constantFrom<Run['after'][number]>('on', 'on', 'restart', 'crash'), {
    minLength: 1,
    maxLength: 4,
  }),
  taskPrefetches: fc.boolean(),
})

/** The values at each event that is applied, in order. */
function runFeatures(features: readonly FeatureShape[], trace: readonly TraceEvent[], run: Run): FeatureValues[] {
  const evaluator = evaluateFeatures(definitionOf(features, run), run)
  const stores = new MemoryStores()
  let task = evaluator.open(stores)
  const results: FeatureValues[] = []
  let streamTimeMs = -1
  let start = 0
  for (let number = 0; start < trace.length; number++) {
    const batch = trace.slice(start, start + run.batches[number % run.batches.length]!)
    const before = streamTimeMs
    const after = run.after[number % run.after.length]!
    let values: FeatureValues[] = []
    for (let attempt = after === 'crash' ? 2 : 1; attempt > 0; attempt--) {
      streamTimeMs = before
      for (const [index, event] of batch.entries()) {
        if (event.type !== 'tick')
          (run.taskPrefetches ? task : evaluator).prefetch(keyed(event, start + index), stores.prefetch)
      }
      values = batch.flatMap((event, index) => {
        streamTimeMs = Math.max(streamTimeMs, event.timeMs)
        if (event.type === 'tick' || event.timeMs < streamTimeMs - run.graceMs) return []
        return [task.process(keyed(event, start + index), streamTimeMs)]
      })
      stores.endBatch(attempt > 1 ? before : streamTimeMs)
      if (after !== 'on') task = evaluator.open(stores)
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

test('features are what their definition says, in any order of events, across restarts and crashes', () => {
  let read = 0
  let tried = 0
  const property = fc.property(featureSets, traces(40), running, (features, trace, run) => {
    const expected = expectedOf(features, trace, run.graceMs)
    expect(runFeatures(features, trace, run)).toEqual(expected)
    tried++
    if (expected.some((values) => Object.values(values).some((value) => value !== 0))) read++
  })
  fc.assert(property, parameters(0.9))
  if (tried >= 1_000) expect(read / tried, 'share of traces in which a feature has a value').toBeGreaterThan(0.8)
})

test('long windows span many chunks', () => {
  const property = fc.property(featureSets, traces(600), running, (features, trace, run) => {
    const wide = features.map((feature) => ({ ...feature, fromMs: feature.fromMs * 20 }))
    expect(runFeatures(wide, trace, run)).toEqual(expectedOf(wide, trace, run.graceMs))
  })
  fc.assert(property, parameters(0.02))
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
