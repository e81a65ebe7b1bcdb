import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { awaitStable, fresh, type LogFixture, outgoing, patience, readUntil, text } from './fixture.ts'

export function transactionContract(fixture: LogFixture): void {
  it('shows nothing to read-committed readers before the commit, and everything after it', async () => {
    const [one, two] = [await fixture.topic(2), await fixture.topic(1)]
    const places = [
      { topic: one, partition: 0 },
      { topic: one, partition: 1 },
      { topic: two, partition: 0 },
    ]
    const groupId = fresh('group')
    const offset = { topic: two, partition: 0, offset: 7, metadata: 'm' }
    const session = await fixture.session()
    await session.send(places.map((at) => outgoing(at, `${at.topic}/${at.partition}`)))
    await session.sendOffsets(groupId, [offset])
    for (const at of places) {
      expect(await fixture.log.endOffset(at, 'read-committed')).toBe(0)
      expect(await fixture.log.endOffset(at, 'read-uncommitted')).toBe(1)
      expect(await fixture.readTexts(at, 'read-uncommitted')).toEqual([`${at.topic}/${at.partition}`])
    }
    expect(await fixture.log.committedOffsets(groupId, places)).toEqual([])
    await session.commit()
    await session.close()
    for (const at of places) expect(await fixture.readTexts(at)).toEqual([`${at.topic}/${at.partition}`])
    await expect.poll(() => fixture.log.committedOffsets(groupId, places), patience).toEqual([offset])
  })

  it('sends records to several partitions together', async () => {
    const topic = await fixture.topic(2)
    const places = [0, 1].map((partition) => ({ topic, partition }))
    const offsets = await fixture.log.sendTogether(fresh('together'), [
      outgoing(places[0]!, 'a'),
      outgoing(places[1]!, 'b'),
      outgoing(places[0]!, 'c'),
    ])
    expect(offsets).toEqual([0, 0, 1])
    expect(await fixture.readTexts(places[0]!)).toEqual(['a', 'c'])
    expect(await fixture.readTexts(places[1]!)).toEqual(['b'])
  })

  it('hides aborted records from read-committed readers and shows them to read-uncommitted ones', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    await session.send([outgoing(at, 'dropped')])
    await session.abort()
    await session.send([outgoing(at, 'kept')])
    await session.commit()
    await session.close()
    expect(await fixture.readTexts(at)).toEqual(['kept'])
    expect(await fixture.readTexts(at, 'read-uncommitted')).toEqual(['dropped', 'kept'])
  })

  it('keeps the order of several sends in a transaction and of transactions after one another', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    const expected: string[] = []
    for (let transaction = 0; transaction < 5; transaction++) {
      for (let send = 0; send < 3; send++) {
        const texts = [`${transaction}.${send}.a`, `${transaction}.${send}.b`]
        await session.send(texts.map((value) => outgoing(at, value)))
        expected.push(...texts)
      }
      await session.commit()
    }
    await session.close()
    expect(await fixture.readTexts(at)).toEqual(expected)
  })

  it('tells the offset of each record in the order given', async () => {
    const topic = await fixture.topic(2)
    const [first, second] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ] as const
    const session = await fixture.session()
    const sent = [outgoing(first, 'a'), outgoing(second, 'b'), outgoing(first, 'c'), outgoing(second, 'd')]
    expect(await session.send(sent)).toEqual([0, 0, 1, 1])
    expect(await session.send([])).toEqual([])
    await session.commit()
    const [offset] = await session.send([outgoing(first, 'e')])
    await session.commit()
    await session.close()
    const records = await fixture.read(first)
    expect(records.map((record) => [record.offset, text(record)])).toEqual([
      [0, 'a'],
      [1, 'c'],
      [offset, 'e'],
    ])
  })

  it('commits offsets without any record', async () => {
    const at = await fixture.partition()
    const groupId = fresh('group')
    const session = await fixture.session()
    await session.sendOffsets(groupId, [{ ...at, offset: 3, metadata: '' }])
    await session.commit()
    await session.close()
    await expect
      .poll(() => fixture.log.committedOffsets(groupId, [at]), patience)
      .toEqual([{ ...at, offset: 3, metadata: '' }])
    expect(await fixture.log.endOffset(at, 'read-uncommitted')).toBe(0)
  })

  it('ends nothing when no transaction is open', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    await session.commit()
    await session.abort()
    await session.send([outgoing(at, 'a')])
    await session.commit()
    await session.commit()
    await session.abort()
    await session.close()
    expect(await fixture.readTexts(at)).toEqual(['a'])
  })

  it.each(['commit', 'abort'] as const)(
    'holds readers at an open transaction and lets them go on at its %s',
    async (end) => {
      const at = await fixture.partition()
      await fixture.append(at, 'before')
      const session = await fixture.session()
      await session.send([outgoing(at, 'inside')])
      await fixture.append(at, 'behind')
      expect(await fixture.log.endOffset(at, 'read-committed')).toBe(1)
      expect(await fixture.log.endOffset(at, 'read-uncommitted')).toBe(3)

      const reader = await fixture.log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
      expect((await readUntil(reader, (records) => records.length > 0)).map(text)).toEqual(['before'])
      expect(await reader.poll(50)).toMatchObject({ records: [], nextOffset: 1, highWatermark: 3, lastStableOffset: 1 })

      const expected = end === 'commit' ? ['inside', 'behind'] : ['behind']
      const rest = readUntil(reader, (records) => records.length >= expected.length)
      await session[end]()
      expect((await rest).map(text)).toEqual(expected)
      await session.close()
      await reader.close()
    },
  )

  it('holds readers at the oldest of several open transactions', async () => {
    const at = await fixture.partition()
    const [older, newer] = await Promise.all([fixture.session(), fixture.session()])
    await older.send([outgoing(at, 'older')])
    await newer.send([outgoing(at, 'newer')])
    await newer.commit()
    await fixture.append(at, 'plain')
    expect(await fixture.log.endOffset(at, 'read-committed')).toBe(0)
    const reader = await fixture.log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    expect(await reader.poll(50)).toMatchObject({ records: [], nextOffset: 0 })
    await older.abort()
    expect((await readUntil(reader, (records) => records.length === 2)).map(text)).toEqual(['newer', 'plain'])
    await Promise.all([older.close(), newer.close(), reader.close()])
  })

  it('shows a read-uncommitted reader each record once, whatever the transactions do', async () => {
    const at = await fixture.partition()
    const reader = await fixture.log.openReader({ ...at, offset: 0, isolation: 'read-uncommitted' })
    const session = await fixture.session()
    await session.send([outgoing(at, 'a')])
    const seen = await readUntil(reader, (records) => records.length === 1)
    await session.abort()
    await awaitStable(fixture.log, at)
    await fixture.append(at, 'b')
    seen.push(...(await readUntil(reader, (records) => records.length === 1)))
    expect(seen.map(text)).toEqual(['a', 'b'])
    await Promise.all([session.close(), reader.close()])
  })

  it('writes nothing visible of a transaction with a record over max.message.bytes', async () => {
    const at = await fixture.partition({ 'max.message.bytes': '2000' })
    const session = await fixture.session()
    await session.send([outgoing(at, 'a')])
    const send = session.send([outgoing(at, 'b'), { ...outgoing(at, ''), value: randomBytes(5_000) }])
    await expect(send).rejects.toMatchObject({ name: 'ProductionError', code: 'record-too-large' })
    await session.close()
    await fixture.append(at, 'c')
    expect(await fixture.readTexts(at)).toEqual(['c'])
  })

  it('aborts the open transaction when the producer is closed', async () => {
    const at = await fixture.partition()
    const session = await fixture.session()
    await session.send([outgoing(at, 'a')])
    await session.close()
    await fixture.append(at, 'b')
    expect(await fixture.readTexts(at)).toEqual(['b'])
  })
}
