import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { InputTrimmer } from '../../src/task/input-trimmer.ts'
import { ManualClock } from '../../src/time/clock.ts'

const source = { topic: 'app-x-repartition', partition: 0 }
let log: Log

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic: source.topic, partitions: 1 })
  const producer = await log.openProducer()
  const record = { ...source, key: null, value: Buffer.from('x'), headers: {} }
  await producer.send(Array.from({ length: 10 }, () => record))
  await producer.close()
})

afterEach(() => log.close())

it('deletes what is committed, every half a minute at most', async () => {
  const clock = new ManualClock()
  const trimmer = new InputTrimmer({ log, source, clock })
  await trimmer.committed(3)
  expect(await log.startOffset(source)).toBe(0)
  clock.advance(30_000)
  await trimmer.committed(5)
  expect(await log.startOffset(source)).toBe(5)
  await trimmer.committed(7)
  expect(await log.startOffset(source)).toBe(5)
})

it('goes on when a deletion fails', async () => {
  const clock = new ManualClock()
  const failing = { ...log, deleteRecordsBefore: () => Promise.reject(new Error('not now')) }
  const trimmer = new InputTrimmer({ log: failing, source, clock })
  clock.advance(30_000)
  await expect(trimmer.committed(5)).resolves.toBeUndefined()
})
