import { afterEach, describe, expect, it } from 'vitest'
import { believed } from '../../src/rules/authenticity.ts'
import { contributionSerde } from '../../src/rules/operators/contribution-serde.ts'
import type { Contribution, GlobalDefinition } from '../../src/rules/operators/global-definition.ts'
import { globalFeatures } from '../../src/rules/operators/global-features.ts'
import { contributionSource, resultSink } from '../../src/rules/operators/global-topics.ts'
import { TopologyTestDriver } from '../../src/testing/index.ts'
import { TopologyBuilder } from '../../src/topology/builder.ts'

const definition: GlobalDefinition = {
  name: 'spent',
  hash: 'one',
  agg: 'sum',
  fromMs: 1_000,
  toMs: 0,
  include: 'current',
  graceMs: 100,
}
const topic = 'contributions'
let driver: TopologyTestDriver

afterEach(() => driver.close())

/** The second sub-topology alone, of an application with two partitions. */
async function open(): Promise<void> {
  const idleAfter = { behindMs: 5_000, offsets: 3 }
  const topology = new TopologyBuilder()
    .source(contributionSource({ topic, partitions: 2 }))
    .processor(globalFeatures({ definitions: [definition], partitions: 2, idleAfter }), 'repartition')
    .sink({ ...resultSink('main', believed), loopback: false }, 'global-features')
    .build()
  driver = await TopologyTestDriver.open(topology, { partitions: 2 })
}

const contribution = (timeMs: number, more: Partial<Contribution> = {}): Contribution => ({
  definition,
  by: 'phone',
  value: 1,
  key: 'ann',
  cause: { id: `e-${timeMs}`, partition: 0, offset: timeMs, timeMs },
  streamTimeMs: timeMs,
  ...more,
})
const from = (partition: number, timeMs: number) =>
  contribution(timeMs, { cause: { id: `e-${timeMs}`, partition, offset: timeMs, timeMs } })

async function send(value: Contribution | Buffer): Promise<unknown> {
  const before = new Set(driver.read('main'))
  const bytes = Buffer.isBuffer(value) ? value : contributionSerde.serialize(value)
  await driver.pipe({ topic, partition: 0, key: 'sphone', value: bytes })
  const [result] = driver.read('main').filter((record) => !before.has(record))
  return result === undefined ? undefined : JSON.parse(result.value!.toString()).value
}

describe('contributions', () => {
  it('find what the slowest partition may still ask for', async () => {
    await open()
    expect(await send(from(0, 10_000))).toBe(1)
    expect(await send(from(1, 90_000))).toBe(1)
    expect(await send(from(0, 10_900))).toBe(2)
  })

  it('of a partition that was idle give no result when they are older than what is kept', async () => {
    await open()
    await send(from(0, 10_000))
    for (const timeMs of [90_000, 90_001, 90_002, 90_003]) await send(from(1, timeMs))
    expect(await send(from(0, 10_900))).toBeUndefined()
    expect(driver.counted('late-contributions')).toBe(1)
    expect(await send(from(0, 90_003 - 100))).toBe(1)
  })

  it('of another definition begin with an empty window', async () => {
    await open()
    await send(contribution(10_000))
    expect(await send(contribution(10_001, { definition: { ...definition, hash: 'two' } }))).toBe(1)
    expect(await send(contribution(10_002))).toBe(2)
  })

  it('that cannot be read are counted and passed over', async () => {
    await open()
    expect(await send(Buffer.from('{}'))).toBeUndefined()
    expect(await send(Buffer.from('?'))).toBeUndefined()
    expect(driver.counted('unreadable-contributions')).toBe(2)
    expect(await send(contribution(10_000))).toBe(1)
  })

  it('that look back further than any store stop the task, with what to do', async () => {
    await open()
    const long = contribution(10_000, { definition: { ...definition, hash: 'long', fromMs: 2_000 } })
    await expect(send(long)).rejects.toThrow(/needs 2100 ms of history/)
  })

  it('keep a value that is not finite, which makes the sum absent while it is in the window', async () => {
    await open()
    expect(await send(contribution(10_000, { value: Number.POSITIVE_INFINITY }))).toBeUndefined()
    expect(driver.read('main')).toHaveLength(1)
    expect(await send(contribution(11_001))).toBe(1)
  })
})
