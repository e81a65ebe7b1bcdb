import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/record/record.ts'
import { type LogFixture, outgoing, text } from './fixture.ts'

export function recordContract(fixture: LogFixture): void {
  it('counts offsets from 0 without gaps, over several sends', async () => {
    const at = await fixture.partition()
    expect(await fixture.append(at, 'a', 'b')).toEqual([0, 1])
    expect(await fixture.append(at, 'c')).toEqual([2])
    const records = await fixture.read(at)
    expect(records.map((record) => [record.offset, text(record)])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(records.every((record) => record.topic === at.topic && record.partition === at.partition)).toBe(true)
  })

  it('keeps the order of sends that were not awaited one by one', async () => {
    const at = await fixture.partition()
    await fixture.producing((producer) =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) => producer.send([outgoing(at, `${i}.0`), outgoing(at, `${i}.1`)])),
      ),
    )
    expect(await fixture.readTexts(at)).toEqual(Array.from({ length: 40 }, (_, i) => `${i >> 1}.${i & 1}`))
  })

  it('gives every record its own offset when two handles write at once', async () => {
    const at = await fixture.partition()
    const other = await fixture.another()
    const producers = await Promise.all([fixture.log.openProducer(), other.openProducer()])
    const offsets = await Promise.all(
      Array.from({ length: 20 }, (_, i) => producers[i % 2]!.send([outgoing(at, `${i}`), outgoing(at, `${i}+`)])),
    )
    await Promise.all(producers.map((producer) => producer.close()))
    expect(offsets.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    const records = await fixture.read(at)
    for (const [i, sent] of offsets.entries()) expect(text(records[sent[0]!]!)).toBe(`${i}`)
  })

  it('returns keys, values and headers byte for byte, null apart from empty', async () => {
    const at = await fixture.partition()
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const sent: OutgoingRecord[] = [
      { ...at, key: null, value: null, headers: {} },
      { ...at, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: { empty: Buffer.alloc(0) } },
      {
        ...at,
        key: bytes,
        value: bytes,
        headers: { kind: Buffer.from('business'), bytes, 'x-ünïcode': Buffer.from('é') },
      },
      { ...at, key: Buffer.alloc(4), value: null, headers: {} },
      { ...at, key: null, value: randomBytes(20_000), headers: {} },
    ]
    await fixture.producing((producer) => producer.send(sent))
    const records = await fixture.read(at)
    expect(records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
      sent.map(({ key, value, headers }) => ({ key, value, headers })),
    )
  })

  it('keeps a given timestamp and stamps a record without one with the wall clock', async () => {
    const at = await fixture.partition()
    const before = Date.now()
    await fixture.producing((producer) =>
      producer.send([{ ...outgoing(at, 'old'), timestampMs: 1_680_000_000_123 }, outgoing(at, 'now')]),
    )
    const [old, now] = await fixture.read(at)
    expect(old!.timestampMs).toBe(1_680_000_000_123)
    expect(now!.timestampMs).toBeGreaterThanOrEqual(before)
    expect(now!.timestampMs).toBeLessThanOrEqual(Date.now())
  })

  it('resolves an empty send with no offsets', async () => {
    expect(await fixture.producing((producer) => producer.send([]))).toEqual([])
  })

  it('refuses a record over max.message.bytes and writes nothing of that send', async () => {
    const topic = await fixture.topic(2, { 'max.message.bytes': '2000' })
    const large = { ...outgoing({ topic, partition: 1 }, ''), value: randomBytes(5_000) }
    const send = fixture.producing((producer) =>
      producer.send([outgoing({ topic, partition: 0 }, 'a'), outgoing({ topic, partition: 1 }, 'b'), large]),
    )
    await expect(send).rejects.toMatchObject({ name: 'ProductionError', code: 'record-too-large' })
    for (const partition of [0, 1])
      expect(await fixture.log.endOffset({ topic, partition }, 'read-uncommitted')).toBe(0)
    expect(await fixture.append({ topic, partition: 1 }, 'c')).toEqual([0])
  })

  it('takes many records in one send, more than max.message.bytes together', async () => {
    const at = await fixture.partition({ 'max.message.bytes': '20000' })
    const offsets = await fixture.producing((producer) =>
      producer.send(Array.from({ length: 100 }, (_, i) => ({ ...outgoing(at, `${i}`), value: randomBytes(1_000) }))),
    )
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(await fixture.read(at)).toHaveLength(100)
  })
}
