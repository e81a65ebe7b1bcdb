import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CompactionLimits } from '../../../src/log/embedded/compaction-pass.ts'
import { EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { partitionRange } from '../../../src/log/embedded/keys.ts'
import type { Isolation, Log } from '../../../src/log/log.ts'
import { ManualClock } from '../../../src/time/clock.ts'
import { apply, createCompacted, entry, rowsOf } from './compacted.ts'
import { FlakyDatabase } from './flaky-database.ts'
import { temporaryFolder, withLog } from './folder.ts'
import { kill } from './owners.ts'
import { at, readAll, readTo } from './records.ts'
import { acknowledged, startRounds } from './rounds.ts'

const recordsOf = async (log: Log): Promise<number> => (await readAll(log)).length
const patience = { timeout: 15_000, interval: 50 }
const dayMs = 86_400_000

async function open(compaction: Partial<CompactionLimits> = { minRecords: 10 }) {
  const db = new FlakyDatabase()
  const clock = new ManualClock(dayMs)
  const log = await EmbeddedLog.open(db.asDatabase(), clock, { compaction })
  onTestFinished(() => log.close())
  await createCompacted(log)
  const producer = await log.openProducer()
  /** One record a call, so one row each. */
  const put = async (key: string, ...values: (string | null)[]): Promise<void> => {
    for (const value of values) await producer.send([entry(key, value)])
  }
  const left = async (isolation?: Isolation) =>
    (await readAll(log, isolation)).map(({ offset, key, value }) => `${offset} ${key}=${value}`)
  return { db, clock, log, put, left }
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

describe('compaction of an embedded log', () => {
  it('leaves the last record of each key, at its offset, and everything that came after the pass', async () => {
    const { db, put, left } = await open()
    await put('a', '1')
    await put('b', '1', '2')
    await put('a', ...numbers(7))
    await expect.poll(() => rowsOf(db)).toBe(2)
    expect(await left()).toEqual(['2 b=2', '8 a=5', '9 a=6'])
  })

  it('does not touch topics with another policy, nor a partition with little that is new', async () => {
    const { db, log, put } = await open({ minRecords: 1_000 })
    await put('a', ...numbers(100))
    await log.createTopic({ topic: 'plain', partitions: 1 })
    const producer = await log.openProducer()
    const plain = { ...entry('a', '1'), topic: 'plain' }
    await producer.send(Array.from({ length: 2_000 }, () => plain))
    expect(await log.endOffset({ topic: 'plain', partition: 0 }, 'read-committed')).toBe(2_000)
    expect(await rowsOf(db)).toBe(100)
  })

  it('waits until as much is new as it left', async () => {
    const { db, log, put } = await open({ minRecords: 10 })
    const producer = await log.openProducer()
    await producer.send(numbers(100).map((key) => entry(key, '0')))
    await put('0', '1')
    await expect.poll(() => rowsOf(db)).toBe(2)
    await put('1', ...numbers(97))
    const rows = await rowsOf(db)
    expect(rows).toBe(99)
    await put('1', ...numbers(4))
    await expect.poll(() => rowsOf(db)).toBeLessThan(10)
  })

  it('drops aborted records and what was noted of their transactions, not what they would have replaced', async () => {
    const { db, log, put, left } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    await put('a', 'kept')
    for (const value of numbers(4)) {
      await session.send([entry('a', value)])
      await session.abort()
    }
    await put('b', ...numbers(9))
    await expect.poll(async () => (await db.keys(partitionRange('a', 1, 0)).all()).length).toBe(0)
    for (const isolation of ['read-committed', 'read-uncommitted'] as const) {
      expect((await left(isolation))[0]).toBe('0 a=kept')
      expect((await left(isolation)).filter((each) => each.includes('a='))).toHaveLength(1)
    }
  })

  it('hides an aborted record among many that stay, with its marker far behind', async () => {
    const { db, log, put } = await open()
    const session = await log.openTransactionalProducer({ transactionalId: 'task' })
    await session.send([entry('aborted', 'x'.repeat(20_000))])
    await put('first', 'x')
    for (const key of numbers(70)) await put(key, 'x'.repeat(20_000))
    await session.abort()
    await put('last', ...numbers(100))
    await expect.poll(async () => (await db.keys(partitionRange('a', 1, 0)).all()).length).toBe(0)
    const keys = (await readAll(log)).map(({ key }) => String(key))
    expect(keys.filter((key) => key !== 'last')).toEqual(['first', ...numbers(70)])
  })

  it('ends below the oldest open transaction, whose records it keeps when they commit', async () => {
    const { log, put, left } = await open()
    const older = await log.openTransactionalProducer({ transactionalId: 'older' })
    await older.send([entry('a', 'older')])
    await put('a', ...numbers(20))
    const newer = await log.openTransactionalProducer({ transactionalId: 'open' })
    await newer.send([entry('a', 'open')])
    await put('a', ...numbers(30))
    await older.commit()
    // Of the 21 below the open one, the last stays and the one before it.
    await expect.poll(async () => (await left('read-uncommitted')).length).toBe(2 + 1 + 30)
    expect(await left()).toEqual(['19 a=18', '20 a=19'])
    await newer.commit()
    await put('b', ...numbers(20))
    await expect.poll(async () => (await left()).length).toBeLessThan(20)
    expect((await left()).filter((each) => each.includes('a='))).toEqual(['51 a=29'])
  })

  it('keeps a tombstone for a day after it was first compacted', async () => {
    const { clock, put, left } = await open()
    await put('a', '1', null)
    const compactAgain = async () => {
      await put('b', ...numbers(30))
      await expect.poll(async () => (await left()).length).toBeLessThan(15)
    }
    await compactAgain()
    clock.advance(dayMs - 1)
    await compactAgain()
    expect((await left())[0]).toBe('1 a=null')
    clock.advance(1)
    await compactAgain()
    expect((await left())[0]).not.toBe('1 a=null')
  })

  it('keeps a tombstone that an open reader has not passed, however old', async () => {
    const { clock, log, put, left } = await open()
    await put('a', '1')
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed', maxBytes: 1 })
    const state = apply((await reader.poll(0)).records)
    expect([...state]).toEqual([['a', '1']])
    await put('a', null)
    for (let pass = 0; pass < 4; pass++) {
      await put('b', ...numbers(30))
      await expect.poll(async () => (await left()).length).toBeLessThan(15)
      clock.advance(2 * dayMs)
    }
    apply(await readTo(reader, await log.endOffset(at, 'read-committed')), state)
    expect([...state]).toEqual([['b', '29']])
    await put('b', ...numbers(60))
    await expect.poll(async () => (await left())[0]).not.toBe('1 a=null')
  })

  it('keeps the end when everything before it is gone, also after a restart', async () => {
    const { db, log, put } = await open()
    await put('a', ...numbers(40), null)
    const end = await log.endOffset(at, 'read-committed')
    await expect.poll(() => rowsOf(db)).toBeLessThan(15)
    await log.close()
    const again = await EmbeddedLog.open(db.asDatabase(), new ManualClock())
    expect(await again.endOffset(at, 'read-committed')).toBe(end)
    expect(await again.startOffset(at)).toBe(0)
    await again.close()
  })

  it('keeps records without a key', async () => {
    const { db, log, put, left } = await open()
    const producer = await log.openProducer()
    await producer.send([{ ...entry('', 'x'), key: null }])
    await put('a', ...numbers(20))
    await expect.poll(() => rowsOf(db)).toBeLessThan(15)
    expect((await left())[0]).toBe('0 null=x')
  })

  it('merges with deletion from the start', async () => {
    const { db, log, put, left } = await open()
    await put('a', '1')
    await put('b', '1')
    await put('c', ...numbers(20))
    await expect.poll(() => rowsOf(db)).toBeLessThan(15)
    await log.deleteRecordsBefore(at, 1)
    expect(await log.startOffset(at)).toBe(1)
    expect((await left())[0]).toBe('1 b=1')
  })
})

describe('a compacted topic on a disk', () => {
  it('has the last committed values after the process was killed in the middle, again and again', async () => {
    const folder = await temporaryFolder()
    for (let life = 1, last = -1; life <= 5; life++) {
      const writer = startRounds(folder, last + 1)
      last = await acknowledged(writer, last + 5 + life * 7)
      await kill(writer)
      await withLog(folder, async (log) => {
        const values = new Set(apply(await readAll(log)).values())
        // All of one round; the one after the last acknowledged may have been committed as well.
        expect(values.size).toBe(1)
        expect(Number([...values][0])).toBeGreaterThanOrEqual(last)
        last = Number([...values][0])
        // Not how much, for the writer does not wait for compaction.
        if (life === 5) expect(await recordsOf(log)).toBeLessThan(30 * (last + 1))
      })
    }
  })

  it('takes a small multiple of what is live, after a hundred rounds over a thousand keys', async () => {
    const folder = await temporaryFolder()
    const live = 1_000 * 1_000
    await withLog(folder, async (log) => {
      await createCompacted(log as EmbeddedLog)
      const producer = await log.openProducer()
      for (let round = 1; round <= 100; round++) {
        await producer.send(numbers(1_000).map((key) => ({ ...entry(key, ''), value: randomBytes(1_000) })))
        // Whoever writes as fast as the disk can is ahead of compaction for a while.
        if (round % 10 === 0) await expect.poll(() => recordsOf(log), patience).toBeLessThanOrEqual(12_000)
      }
    })
    // At most 12,000 records, twice the database's log of 16 MB, and what it has not collected yet.
    expect(await bytesOf(folder)).toBeLessThan(60 * live)
  })

  it('gives the space of deleted records back', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (log) => {
      await log.createTopic({ topic: at.topic, partitions: 1 })
      const producer = await log.openProducer()
      for (let i = 0; i < 40; i++) await producer.send([{ ...entry('a', ''), value: randomBytes(1_000_000) }])
      await log.deleteRecordsBefore(at, 39)
      await expect.poll(() => bytesOf(folder), patience).toBeLessThan(20_000_000)
      expect((await readAll(log)).map(({ offset }) => offset)).toEqual([39])
    })
  })
})

async function bytesOf(folder: string): Promise<number> {
  const files = await readdir(join(folder, 'db'))
  const sizes = files.map((file) =>
    stat(join(folder, 'db', file))
      .then(({ size }) => size)
      .catch(() => 0),
  )
  return (await Promise.all(sizes)).reduce((a, b) => a + b, 0)
}
