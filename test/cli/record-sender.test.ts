import { expect, it } from 'vitest'
import { RecordSender } from '../../src/cli/record-sender.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { ManualClock } from '../../src/time/clock.ts'

function producer(fail = false) {
  const batches: number[] = []
  return {
    batches,
    async send(records: readonly OutgoingRecord[]) {
      if (fail) throw new Error('no')
      batches.push(records.length)
      return []
    },
    async close() {},
  }
}

const record = (bytes = 10): OutgoingRecord => ({
  topic: 'main',
  partition: 0,
  key: null,
  value: Buffer.alloc(bytes),
  headers: {},
})

it('sends five hundred records at a time, and the rest at the end', async () => {
  const to = producer()
  const sender = new RecordSender(to, new ManualClock())
  for (let i = 0; i < 1_200; i++) await sender.add(record())
  expect(sender.sent).toBe(1_000)
  await sender.flush()
  expect([to.batches, sender.sent]).toEqual([[500, 500, 200], 1_200])
})

it('keeps a batch below half a megabyte', async () => {
  const to = producer()
  const sender = new RecordSender(to, new ManualClock())
  for (let i = 0; i < 4; i++) await sender.add(record(200_000))
  await sender.flush()
  expect(to.batches).toEqual([2, 2])
})

it('does not keep a batch waiting that does not fill up', async () => {
  const clock = new ManualClock()
  const to = producer()
  const sender = new RecordSender(to, clock)
  await sender.add(record())
  clock.advance(100)
  await sender.flush()
  expect(to.batches).toEqual([1])
  expect(clock.pendingTimers).toBe(0)
})

it('reports a batch that failed in the background', async () => {
  const clock = new ManualClock()
  const sender = new RecordSender(producer(true), clock)
  await sender.add(record())
  clock.advance(100)
  await expect(sender.flush()).rejects.toThrow('no')
  expect(sender.sent).toBe(0)
})
