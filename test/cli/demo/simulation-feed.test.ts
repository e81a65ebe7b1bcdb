import { beforeEach, describe, expect, it } from 'vitest'
import { feed, sourceHeader } from '../../../src/cli/demo/simulation-feed.ts'
import { recordOf } from '../../../src/cli/simulated-record.ts'
import type { Log } from '../../../src/log/log.ts'
import { openMemoryLog } from '../../../src/log/memory-log.ts'
import { simulate } from '../../../src/replay/simulator/simulate.ts'
import { readTopic } from '../../support/log-lines.ts'
import { appendDecisions, decisionValue } from '../log-records.ts'

const topic = 'main'
const partitions = 3
const name = 'a'
const events = [...simulate({ customers: 10, days: 10 })].slice(0, 120)
const records = events.map((event) => recordOf(event, topic, partitions))
const never = new AbortController().signal
let log: Log

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic, partitions })
  return () => log.close()
})

const feedAll = (more = {}) =>
  feed({ log, topic, partitions, events, name, perSecond: 1e6, signal: never, onSent: () => {}, ...more })

async function append(from: readonly (typeof records)[number][]) {
  const producer = await log.openProducer()
  const header = Buffer.from(name)
  await producer.send(from.map((record) => ({ ...record, headers: { ...record.headers, [sourceHeader]: header } })))
  await producer.close()
}

async function idsByPartition(): Promise<string[][]> {
  const found: string[][] = Array.from({ length: partitions }, () => [])
  for (const record of await readTopic(log, topic)) {
    if (record.headers[sourceHeader] !== undefined) found[record.partition]!.push(record.headers.id!.toString())
  }
  return found
}

const expected = Array.from({ length: partitions }, (_, partition) =>
  events.filter((_, index) => records[index]!.partition === partition).map(({ id }) => id),
)

describe('the feed of the simulation', () => {
  it('sends all events in their order, once, over several starts', async () => {
    expect(await feedAll({ limit: 50 })).toBe(50)
    expect(await feedAll()).toBe(70)
    expect(await feedAll()).toBe(0)
    expect(await idsByPartition()).toEqual(expected)
  })

  it('goes on where each partition stands, when a process ended between them', async () => {
    await append(records.slice(0, 40))
    await append(records.slice(40, 60).filter(({ partition }) => partition === 1))
    await feedAll()
    expect(await idsByPartition()).toEqual(expected)
  })

  it('finds its last event far behind decisions and events of others', async () => {
    await append(records.slice(0, 30))
    const decisions = Array.from({ length: 3_000 }, (_, index) => decisionValue(`d${index}`, 'k'))
    for (let partition = 0; partition < partitions; partition++) await appendDecisions(log, partition, decisions)
    expect(await feedAll()).toBe(90)
    expect(await idsByPartition()).toEqual(expected)
  })

  it('is not misled by an open transaction in front of its events', async () => {
    const other = await log.openTransactionalProducer({ transactionalId: 'other' })
    await other.send([{ topic, partition: 0, key: null, value: null, headers: {} }])
    await feedAll({ limit: 60 })
    expect(await feedAll()).toBe(60)
    await other.abort()
    await other.close()
    expect(await idsByPartition()).toEqual(expected)
  })

  it('begins anew for a simulation of another name', async () => {
    await feedAll({ limit: 10 })
    expect(await feedAll({ name: 'b' })).toBe(120)
  })

  it('sends nothing more once it is interrupted', async () => {
    const controller = new AbortController()
    const sent = await feedAll({ perSecond: 100, signal: controller.signal, onSent: () => controller.abort() })
    expect(sent).toBeLessThan(20)
  })
})
