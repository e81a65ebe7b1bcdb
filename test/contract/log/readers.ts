import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Isolation } from '../../../src/log/log.ts'
import type { TopicPartition } from '../../../src/record/record.ts'
import { awaitStable, type LogFixture, outgoing, readUntil, text } from './fixture.ts'

export function readerContract(fixture: LogFixture): void {
  const open = (at: TopicPartition, offset: number, isolation: Isolation = 'read-committed') =>
    fixture.log.openReader({ ...at, offset, isolation })

  it('answers at once when there is something to read', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b')
    const reader = await open(at, 0)
    // Waiting the whole time would fail the test by its timeout.
    const batch = await reader.poll(600_000)
    expect(batch).toMatchObject({ ...at, nextOffset: 2, highWatermark: 2, lastStableOffset: 2 })
    expect(batch.records.map(text)).toEqual(['a', 'b'])
    expect(reader.position).toBe(2)
    await reader.close()
  })

  it('starts at the given offset', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b', 'c')
    const reader = await open(at, 1)
    expect(reader.position).toBe(1)
    expect((await reader.poll(5_000)).records.map(text)).toEqual(['b', 'c'])
    await reader.close()
  })

  it('gives an empty batch at the same position when nothing comes in time', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a')
    const reader = await open(at, 1)
    expect(await reader.poll(30)).toMatchObject({
      ...at,
      records: [],
      nextOffset: 1,
      highWatermark: 1,
      lastStableOffset: 1,
    })
    expect(reader.position).toBe(1)
    await reader.close()
  })

  it('hands over a record that another handle appends while it waits', async () => {
    const at = await fixture.partition()
    const reader = await open(at, 0)
    const polled = reader.poll(600_000)
    const producer = await (await fixture.another()).openProducer()
    await producer.send([outgoing(at, 'late')])
    expect((await polled).records.map(text)).toEqual(['late'])
    await producer.close()
    await reader.close()
  })

  it('reads again and skips ahead by seeking', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b', 'c')
    const reader = await open(at, 0)
    await readUntil(reader, (records) => records.length === 3)
    reader.seek(1)
    expect(reader.position).toBe(1)
    expect((await readUntil(reader, (records) => records.length === 2)).map(text)).toEqual(['b', 'c'])
    reader.seek(0)
    expect(text((await reader.poll(5_000)).records[0]!)).toBe('a')
    reader.seek(2)
    expect((await reader.poll(5_000)).records.map(text)).toEqual(['c'])
    await reader.close()
  })

  it('ends a waiting poll on close, and refuses later ones', async () => {
    const at = await fixture.partition()
    const reader = await open(at, 0)
    const polled = expect(reader.poll(600_000)).rejects.toMatchObject({ name: 'LogError', code: 'log-closed' })
    await reader.close()
    await polled
    await expect(reader.poll(10)).rejects.toMatchObject({ code: 'log-closed' })
    await reader.close()
  })

  it('says where the log starts when it no longer holds the position', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b', 'c')
    await fixture.log.deleteRecordsBefore(at, 2)
    const reader = await open(at, 0)
    await expect(reader.poll(5_000)).rejects.toMatchObject({
      name: 'LogError',
      code: 'offset-out-of-range',
      startOffset: 2,
    })
    reader.seek(2)
    expect((await reader.poll(5_000)).records.map(text)).toEqual(['c'])
    await reader.close()
  })

  it('refuses a position behind the end', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a')
    const reader = await open(at, 5)
    await expect(reader.poll(5_000)).rejects.toMatchObject({ code: 'offset-out-of-range', startOffset: 0 })
    await reader.close()
  })

  it('brings records larger than maxBytes one by one, and loses none on the way', async () => {
    const at = await fixture.partition()
    const values = Array.from({ length: 12 }, (_, i) => randomBytes(i % 4 === 0 ? 3_000 : 90))
    await fixture.producing((producer) => producer.send(values.map((value) => ({ ...outgoing(at, ''), value }))))
    const records = await fixture.read(at, 'read-committed', { maxBytes: 200 })
    expect(records.map((record) => record.value)).toEqual(values)
  })

  it('passes the marker of a committed transaction and then waits at the end', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    await session.send([outgoing(at, 'a')])
    await session.commit()
    await session.close()
    await awaitStable(fixture.log, at)
    const end = await fixture.log.endOffset(at, 'read-committed')
    const reader = await open(at, 0)
    const records = await readUntil(reader, () => reader.position >= end)
    expect(records.map(text)).toEqual(['a'])
    expect(reader.position).toBe(end)
    expect(await reader.poll(20)).toMatchObject({ records: [], nextOffset: end })
    await reader.close()
  })

  it('passes aborted records at once, in a batch without records', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    await session.send([outgoing(at, 'a'), outgoing(at, 'b')])
    await session.abort()
    await session.close()
    await awaitStable(fixture.log, at)
    const reader = await open(at, 0)
    const batch = await reader.poll(600_000)
    expect(batch.records).toEqual([])
    expect(batch.nextOffset).toBeGreaterThanOrEqual(2)
    await reader.close()
  })

  it('lets several readers of a partition go their own ways', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b')
    const [first, second] = await Promise.all([open(at, 0), open(at, 1)])
    const batches = await Promise.all([first.poll(5_000), second.poll(5_000)])
    expect(batches.map((batch) => batch.records.map(text))).toEqual([['a', 'b'], ['b']])
    await Promise.all([first.close(), second.close()])
  })
}
