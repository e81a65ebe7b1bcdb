import { describe, expect, it, onTestFinished } from 'vitest'
import { EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { partitionRange } from '../../../src/log/embedded/keys.ts'
import { ManualClock } from '../../../src/time/clock.ts'
import { FlakyDatabase } from './flaky-database.ts'
import { append, at, outgoing, readAll, readTo, texts } from './records.ts'

async function open(clock = new ManualClock()) {
  const db = new FlakyDatabase()
  const log = await EmbeddedLog.open(db.asDatabase(), clock)
  onTestFinished(() => log.close())
  await log.createTopic({ topic: 'main', partitions: 1 })
  db.batches.length = 0
  return { db, log }
}

describe('writes of an embedded log', () => {
  it('share a sync when they come while another is under way', async () => {
    const { db, log } = await open()
    const gate = Promise.withResolvers<void>()
    db.gate = gate.promise
    const first = append(log, 'a')
    await expect.poll(() => log.endOffset(at, 'read-uncommitted')).toBe(0)
    const others = Array.from({ length: 5 }, (_, i) => append(log, `${i}`))
    gate.resolve()
    await Promise.all([first, ...others])
    expect(db.batches.length).toBeLessThanOrEqual(2)
    expect(db.batches.every((batch) => batch.sync)).toBe(true)
    expect(texts(await readAll(log))).toEqual(['a', '0', '1', '2', '3', '4'])
  })

  it('are one synced batch for a transaction with its offsets and marker', async () => {
    const { db, log } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    db.batches.length = 0
    await session.send([outgoing('a')])
    await session.send([outgoing('b')])
    await session.sendOffsets('group', [{ ...at, offset: 1, metadata: '' }])
    expect(db.batches).toEqual([])
    await session.commit()
    expect(db.batches).toEqual([{ operations: 4, sync: true }])
  })

  it('are seen by no reader before they are on the disk, nor is anything behind them', async () => {
    const { db, log } = await open()
    const gate = Promise.withResolvers<void>()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    db.gate = gate.promise
    const sent = append(log, 'slow')
    await expect.poll(() => session.send([outgoing('behind')])).toEqual([1])
    for (const isolation of ['read-committed', 'read-uncommitted'] as const) {
      expect(await log.endOffset(at, isolation)).toBe(0)
    }
    gate.resolve()
    await sent
    expect(texts(await readAll(log, 'read-uncommitted'))).toEqual(['slow', 'behind'])
    expect(texts(await readAll(log))).toEqual(['slow'])
  })

  it('mix with open transactions in offset order for read-uncommitted readers, whatever maxBytes', async () => {
    const { log } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    for (let i = 0; i < 20; i += 2) {
      await session.send([outgoing(`${i}`)])
      await append(log, `${i + 1}`)
    }
    const end = await log.endOffset(at, 'read-uncommitted')
    for (const maxBytes of [1, 100, 10_000]) {
      const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-uncommitted', maxBytes })
      expect(texts(await readTo(reader, end))).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`))
    }
  })

  it('fail for good once the disk failed: the log says so until it is opened again', async () => {
    const { db, log } = await open()
    await append(log, 'a')
    const reader = await log.openReader({ ...at, offset: 1, isolation: 'read-committed' })
    const waiting = expect(reader.poll(600_000)).rejects.toMatchObject({ name: 'LogError', code: 'log-unwritable' })
    db.failure = new Error('no space left on device')
    await expect(append(log, 'b')).rejects.toMatchObject({ name: 'ProductionError', code: 'production-failed' })
    await waiting
    db.failure = undefined
    await expect(append(log, 'c')).rejects.toMatchObject({
      code: 'log-unwritable',
      message: expect.stringContaining('no space left on device'),
    })
  })

  it('leave the outcome of a commit unknown when the disk fails', async () => {
    const { db, log } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    await session.send([outgoing('a')])
    db.failure = new Error('broken disk')
    const unknown = { name: 'ProductionError', code: 'commit-outcome-unknown' }
    await expect(session.commit()).rejects.toMatchObject(unknown)
    await expect(session.send([outgoing('b')])).rejects.toMatchObject(unknown)
    await session.close()
  })

  it('really go when records are deleted, with what was noted of aborted transactions', async () => {
    const { db, log } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    for (let i = 0; i < 3; i++) {
      await session.send([outgoing(`aborted ${i}`)])
      await session.abort()
    }
    await append(log, 'a', 'b')
    const rows = async (prefix: 'r' | 'a') => (await db.keys(partitionRange(prefix, 1, 0)).all()).length
    expect([await rows('r'), await rows('a')]).toEqual([7, 3])
    await log.deleteRecordsBefore(at, 7)
    // The row of `a` and `b` stays for `b`.
    expect([await rows('r'), await rows('a')]).toEqual([1, 0])
    await log.deleteRecordsBefore(at, 8)
    expect([await rows('r'), await rows('a')]).toEqual([0, 0])
  })
})

describe('a transaction of an embedded log', () => {
  it('is aborted by the clock at its timeout, not before', async () => {
    const clock = new ManualClock()
    const { log } = await open(clock)
    const session = await log.openTransactionalProducer({ transactionalId: 'task', transactionTimeoutMs: 1_000 })
    await session.send([outgoing('a')])
    clock.advance(999)
    await session.send([outgoing('b')])
    expect(await log.endOffset(at, 'read-committed')).toBe(0)
    clock.advance(1)
    await expect.poll(() => log.endOffset(at, 'read-committed')).toBe(3)
    await expect(session.commit()).rejects.toMatchObject({ name: 'TaskMigratedError', code: 'fenced' })
    expect(await readAll(log)).toEqual([])
  })

  it('leaves no timer behind when it ends', async () => {
    const clock = new ManualClock()
    const { log } = await open(clock)
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    for (const end of ['commit', 'abort', 'close'] as const) {
      await session.send([outgoing(end)])
      expect(clock.pendingTimers).toBe(1)
      await session[end]()
      expect(clock.pendingTimers).toBe(0)
    }
  })

  it('commits when a newer producer opens its id while it is committing', async () => {
    const { db, log } = await open()
    const older = await log.openTransactionalProducer({ transactionalId: 'task' })
    await older.send([outgoing('a')])
    const gate = Promise.withResolvers<void>()
    db.gate = gate.promise
    const committed = older.commit()
    const opened = log.openTransactionalProducer({ transactionalId: 'task' })
    gate.resolve()
    await committed
    await opened
    expect(texts(await readAll(log))).toEqual(['a'])
    await expect(older.send([outgoing('b')])).rejects.toMatchObject({ code: 'fenced' })
  })
})
