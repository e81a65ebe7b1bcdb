import { expect, it } from 'vitest'
import { fetchCall } from '../../../src/log/kafka/fetch.ts'
import { produceCall } from '../../../src/log/kafka/produce.ts'
import type { Call } from '../../../src/log/kafka/protocol.ts'
import { errorAnswer } from '../../support/faults/proxy/error-answer.ts'
import { everyFault } from '../../support/faults/proxy/every-fault.ts'
import { FaultPlan, nameOfFault } from '../../support/faults/proxy/fault-plan.ts'
import { FrameReader } from '../../support/faults/proxy/frames.ts'
import { partitionsOf, readRequest } from '../../support/faults/proxy/proxied-request.ts'

const answerHeaderBytes = 8

/** The request as it goes over the wire, for a client called `c`. */
function frameOf({ apiKey, apiVersion, body }: Call<unknown>): Buffer {
  const header = Buffer.alloc(15)
  const bytes = Buffer.concat([header, ...body])
  bytes.writeInt32BE(bytes.length - 4, 0)
  bytes.writeInt16BE(apiKey, 4)
  bytes.writeInt16BE(apiVersion, 6)
  bytes.writeInt32BE(42, 8)
  bytes.writeInt16BE(1, 12)
  bytes.write('c', 14)
  return bytes
}

it('the proxy cuts a stream into frames, however it arrives', () => {
  const frames = ['', 'a', 'bcd', 'e'.repeat(300)].map((text) => {
    const frame = Buffer.alloc(4 + text.length)
    frame.writeInt32BE(text.length)
    frame.write(text, 4)
    return frame
  })
  const stream = Buffer.concat(frames)
  for (const size of [1, 3, 5, 100, 1_000]) {
    const reader = new FrameReader()
    const read: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) read.push(...reader.read(stream.subarray(at, at + size)))
    expect(read).toEqual(frames)
  }
})

it('the proxy refuses what is written and read as a broker would, partition by partition', async () => {
  const produce = produceCall('tx', [
    { topic: 'main', partition: 3, bytes: Buffer.from('batch') },
    { topic: 'main', partition: 1, bytes: Buffer.from('other') },
    { topic: 'aside', partition: 0, bytes: Buffer.from('third') },
  ])
  const written = readRequest(frameOf(produce))
  expect(written).toMatchObject({ api: 'Produce', correlationId: 42 })
  expect(partitionsOf(written)).toEqual([
    { topic: 'main', partitions: [3, 1] },
    { topic: 'aside', partitions: [0] },
  ])
  const { answers } = await produce.decode(errorAnswer(written, 19).subarray(answerHeaderBytes))
  expect([...answers.values()].map(({ errorCode }) => errorCode)).toEqual([19, 19, 19])

  const fetch = fetchCall({
    topic: 'main',
    partition: 2,
    offset: 7,
    isolation: 'read-committed',
    maxBytes: 9,
    maxWaitMs: 1,
  })
  const answer = errorAnswer(readRequest(frameOf(fetch)), 6)
  expect(answer.readInt32BE(4)).toBe(42)
  expect(await fetch.decode(answer.subarray(answerHeaderBytes))).toMatchObject({ errorCode: 6 })
})

it('the proxy names a version that it cannot answer', () => {
  const frame = frameOf({ ...produceCall(null, []), apiVersion: 9 })
  expect(() => readRequest(frame)).toThrow(/Produce in version 9/)
})

it('a fault meets its request after those that it lets pass, and again when it came to nothing', () => {
  const plan = new FaultPlan()
  const fault = { api: 'EndTxn', kind: 'late', after: 1 } as const
  plan.add(fault)
  expect([plan.meet('EndTxn'), plan.meet('Fetch'), plan.meet('EndTxn'), plan.meet('EndTxn')]).toEqual([
    undefined,
    undefined,
    fault,
    undefined,
  ])
  plan.giveBack(fault)
  expect(plan.waiting('EndTxn')).toBe(1)
  expect(plan.meet('EndTxn')).toBe(fault)
  plan.note(fault)
  expect(plan.struck.get(nameOfFault(fault))).toBe(1)
})

it('every kind of fault is planned for every request, the same for the same seed', () => {
  const faults = everyFault(2, 1)
  expect(new Set(faults.map(nameOfFault)).size).toBe(66)
  expect(faults).toHaveLength(132)
  expect(everyFault(2, 1)).toEqual(faults)
})
