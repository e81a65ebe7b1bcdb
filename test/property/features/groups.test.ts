import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateFeatures, type FeatureTask } from '../../../src/operators/features/evaluator.ts'
import type { KeyedEvent } from '../../../src/operators/sequence/definition.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import { type FeatureGroup, featureGroupDef, groupFeatures } from '../../../src/rules/operators/feature-group.ts'
import type { RiskEvent } from '../../../src/rules/operators/incoming.ts'
import { MemoryStores } from '../../support/memory-window-store.ts'

const numRuns = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 400)
const graceMs = 10_000

const aggregates = ['count', 'sum', 'max', 'distinct', 'first', 'last', 'stddev'] as const

const featureTexts: fc.Arbitrary<string[]> = fc.array(
  fc
    .record({
      agg: fc.constantFrom(...aggregates),
      where: fc.constantFrom('', '', 'e.amount > 5.0', "e.status == 'a'", "e.status != 'a'"),
      value: fc.constantFrom('e.amount', 'e.amount', 'e.weight'),
      by: fc.constantFrom('', '', 'e.status'),
      fromS: fc.constantFrom(2, 10, 30, 100),
      toS: fc.constantFrom(0, 0, 5),
      include: fc.constantFrom('current', 'prior'),
    })
    .map(({ agg, where, value, by, fromS, toS, include }) =>
      [
        'event: paid',
        `agg: ${agg}`,
        `window: {from: ${fromS}s, to: ${Math.min(fromS, toS)}s}`,
        ...(toS === 0 ? [`include: ${include}`] : []),
        ...(agg === 'count' ? [] : [`value: ${value}`]),
        ...(where === '' ? [] : [`where: "${where}"`]),
        ...(by === '' ? [] : [`by: ${by}`]),
      ].join(', '),
    ),
  { minLength: 2, maxLength: 8 },
)

const eventTraces = fc.array(
  fc.record({
    moveMs: fc.constantFrom(0, 1, 900, 2_000, 5_000, 30_000),
    backMs: fc.constantFrom(0, 0, 0, 1, 3_000),
    amount: fc.option(fc.constantFrom(0, 0.1, 0.2, 5, 5.5, 7), { nil: undefined, freq: 6 }),
    weight: fc.constantFrom(1, 2.5),
    status: fc.option(fc.constantFrom('a', 'b'), { nil: undefined, freq: 6 }),
  }),
  { minLength: 3, maxLength: 60, size: 'max' },
)

const ruleSetOf = (features: readonly string[]) =>
  loadRuleFiles([
    {
      path: 'features.yaml',
      text: `version: 1
options: {grace: 10s}
events:
  paid: {amount: double, weight: double, status: string}
features:
${features.map((feature, n) => `  f${n}: {${feature}}\n`).join('')}rules:
- {id: r, event: paid, when: e.amount > 1.0, then: {outcome: review, score: 1}}
`,
    },
  ])

interface Opened {
  readonly tasks: readonly FeatureTask<RiskEvent>[]
  readonly stores: MemoryStores
}

function opened(groups: readonly FeatureGroup[]): Opened {
  const stores = new MemoryStores()
  const scopeOf = ({ value, key }: KeyedEvent<RiskEvent>) => ({ e: value.fields, key, t: {}, f: {} })
  const evaluators = groups.map((group) => evaluateFeatures(featureGroupDef(group, graceMs, scopeOf)))
  return { tasks: evaluators.map((evaluator) => evaluator.open(stores)), stores }
}

function valuesAt({ tasks, stores }: Opened, event: KeyedEvent<RiskEvent>, streamTimeMs: number) {
  for (const task of tasks) task.prefetch(event, stores.prefetch)
  const values = Object.assign({}, ...tasks.map((task) => task.process(event, streamTimeMs)))
  stores.endBatch(streamTimeMs)
  return values
}

test('features that share what is kept of an event say what each says alone', () => {
  let joined = 0
  const property = fc.property(featureTexts, eventTraces, (texts, trace) => {
    const features = [...ruleSetOf(texts).features.values()]
    const groups = groupFeatures(features, graceMs)
    if (groups.some((group) => new Set(group.features.map(({ where }) => where?.text)).size > 1)) joined++
    const together = opened(groups)
    const alone = opened(features.map((feature) => ({ event: 'paid', features: [feature] })))
    let nowMs = 1_000_000
    let streamTimeMs = nowMs
    for (const [offset, { moveMs, backMs, ...fields }] of trace.entries()) {
      nowMs += moveMs
      const timeMs = nowMs - backMs
      streamTimeMs = Math.max(streamTimeMs, timeMs)
      const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
      const value: RiskEvent = { id: `e${offset}`, type: 'paid', timeMs, fields: { ...present, time: timeMs } }
      const event = { key: 'k', timeMs, offset, value }
      expect(valuesAt(together, event, streamTimeMs)).toEqual(valuesAt(alone, event, streamTimeMs))
    }
  })
  fc.assert(property, { numRuns })
  if (numRuns >= 400) expect(joined / numRuns, 'share of sets in which conditions are joined').toBeGreaterThan(0.4)
})
