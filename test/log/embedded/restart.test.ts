import { describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { temporaryFolder, withLog } from './folder.ts'
import { append, at, outgoing, readAll, texts } from './records.ts'

describe('an embedded log that is closed and opened again', () => {
  it('keeps topics, records, offsets and committed offsets', async () => {
    const folder = await temporaryFolder()
    const before = await withLog(folder, async (log) => {
      await log.createTopic({ topic: 'main', partitions: 3, config: { 'cleanup.policy': 'compact' } })
      await log.createTopic({ topic: 'other', partitions: 1 })
      await append(log, 'a', 'b')
      const session = await log.openTransactionalProducer({ transactionalId: 'task' })
      await session.send([outgoing('c')])
      await session.sendOffsets('group', [{ ...at, offset: 2, metadata: 'time=5' }])
      await session.commit()
      return readAll(log)
    })
    await withLog(folder, async (log) => {
      expect(await log.topics()).toEqual(['main', 'other'])
      expect(await log.describeTopic('main')).toEqual({
        topic: 'main',
        partitions: 3,
        replicationFactor: 1,
        config: { 'cleanup.policy': 'compact' },
      })
      expect(await readAll(log)).toEqual(before)
      expect(await log.committedOffsets('group', [at])).toEqual([{ ...at, offset: 2, metadata: 'time=5' }])
      // Offset 3 is the commit's marker.
      expect(await append(log, 'd')).toEqual([4])
    })
  })

  it('still hides aborted records, and never takes a new transaction for an old one', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (log) => {
      await log.createTopic({ topic: 'main', partitions: 1 })
      const session = await log.openTransactionalProducer({ transactionalId: 'task' })
      await session.send([outgoing('dropped')])
      await session.abort()
    })
    await withLog(folder, async (log) => {
      const session = await log.openTransactionalProducer({ transactionalId: 'task' })
      await session.send([outgoing('kept')])
      await session.commit()
      expect(texts(await readAll(log))).toEqual(['kept'])
      expect(texts(await readAll(log, 'read-uncommitted'))).toEqual(['dropped', 'kept'])
    })
  })

  it('drops a transaction that was open when it closed', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (log) => {
      await log.createTopic({ topic: 'main', partitions: 1 })
      await append(log, 'a')
      const session = await log.openTransactionalProducer({ transactionalId: 'task' })
      await session.send([outgoing('open')])
      await session.sendOffsets('group', [{ ...at, offset: 1, metadata: '' }])
      await append(log, 'b')
    })
    await withLog(folder, async (log) => {
      expect(texts(await readAll(log))).toEqual(['a', 'b'])
      expect(await log.endOffset(at, 'read-committed')).toBe(await log.endOffset(at, 'read-uncommitted'))
      expect(await log.committedOffsets('group', [at])).toEqual([])
    })
  })

  it('keeps the start and the end of a partition whose records were all deleted', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (log) => {
      await log.createTopic({ topic: 'main', partitions: 1 })
      await append(log, 'a', 'b', 'c')
      await log.deleteRecordsBefore(at, 3)
    })
    await withLog(folder, async (log) => {
      expect(await log.startOffset(at)).toBe(3)
      expect(await log.endOffset(at, 'read-committed')).toBe(3)
      expect(await append(log, 'd')).toEqual([3])
    })
  })

  it('ends reads that are under way with log-closed', async () => {
    const log = await openEmbeddedLog(await temporaryFolder())
    await log.createTopic({ topic: 'main', partitions: 1 })
    await append(log, ...Array.from({ length: 500 }, (_, i) => `${i}`))
    const polls = Array.from({ length: 10 }, async () => {
      const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
      while (true) {
        await reader.poll(600_000)
        reader.seek(0)
      }
    })
    const ended = Promise.allSettled(polls)
    await append(log, 'last')
    await log.close()
    for (const poll of await ended) {
      expect(poll).toMatchObject({ status: 'rejected', reason: { name: 'LogError', code: 'log-closed' } })
    }
  })

  it('refuses a second owner, and can be opened once the first has closed', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async () => {
      await expect(openEmbeddedLog(folder)).rejects.toMatchObject({ name: 'LogError', code: 'log-owned' })
    })
    await withLog(folder, async (log) => expect(await log.topics()).toEqual([]))
  })
})
