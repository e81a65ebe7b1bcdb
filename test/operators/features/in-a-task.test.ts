import { expect, test } from 'vitest'
import type { WindowedAggregateDef } from '../../../src/operators/features/definition.ts'
import { windowedAggregate } from '../../../src/operators/features/windowed-aggregate.ts'
import { sequence } from '../../../src/operators/sequence/sequence.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'
import { TopologyTestDriver } from '../../../src/testing/index.ts'
import { TopologyBuilder } from '../../../src/topology/builder.ts'
import type { SinkDef } from '../../../src/topology/topology.ts'
import { jsonSerde } from '../../support/json-serde.ts'

const amount = ({ value }: { readonly value: number }) => value

const spending: WindowedAggregateDef<number> = {
  name: 'spending',
  contributes: () => true,
  graceMs: 100,
  features: [
    { name: 'sum', agg: 'sum', value: amount, fromMs: 50 },
    { name: 'max', agg: 'max', value: amount, fromMs: 50, toMs: 10 },
    { name: 'distinct', agg: 'distinct', value: amount, fromMs: 50 },
  ],
}

const sinkTo = (topic: string): SinkDef<unknown> => ({
  name: `to ${topic}`,
  topic,
  toRecord: ({ key, value, partition }) => ({
    partition,
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    headers: {},
  }),
})

const open = () =>
  TopologyTestDriver.open(
    new TopologyBuilder()
      .source({
        name: 'amounts',
        topic: 'amounts',
        ingest: ({ key, value, headers: _, timestampMs, ...at }) => ({
          streamTimeMs: timestampMs,
          record: { ...at, headers: {}, timestampMs, key: String(key), value: Number(value) },
        }),
      })
      .processor(windowedAggregate(spending), 'amounts')
      .processor(
        sequence<number>({
          name: 'rise',
          steps: [
            { name: 'low', matches: ({ value }) => value < 10 },
            { name: 'high', matches: ({ value }) => value >= 10 },
          ],
          withinMs: 50,
          graceMs: 100,
          serde: jsonSerde(),
        }),
        'amounts',
      )
      .sink(sinkTo('features'), 'spending')
      .sink(sinkTo('rises'), 'rise')
      .build(),
    { engine: stateEngine('rocksdb') },
  )

/** Times with equal ones, disorder and jumps; amounts in cents. */
const trace = Array.from({ length: 200 }, (_, at) => ({
  timestampMs: 1_000 + at * 3 - ((at * 7) % 11) * 6 + (at > 120 ? 400 : 0),
  amount: ((at * 37) % 23) / 10 + (at % 9 === 0 ? 10 : 0),
}))

async function run(reopenEvery: number): Promise<{ features: string[]; rises: string[] }> {
  const driver = await open()
  for (const [at, { timestampMs, amount: value }] of trace.entries()) {
    await driver.pipe({ topic: 'amounts', key: 'k', value: String(value), timestampMs })
    if (at % reopenEvery === reopenEvery - 1) await driver.reopen()
  }
  const [features, rises] = ['features', 'rises'].map((topic) => driver.read(topic).map(({ value }) => String(value)))
  await driver.close()
  return { features: features!, rises: rises! }
}

test('in a task, a restart after any number of records changes no result', async () => {
  const whole = await run(Number.POSITIVE_INFINITY)
  expect(whole.features).toHaveLength(200)
  expect(whole.rises.length).toBeGreaterThan(10)
  expect(await run(7)).toEqual(whole)
  expect(await run(31)).toEqual(whole)
})
