import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommittedOffset, Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { stringSerde } from '../../src/record/serdes.ts'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import type { KeyValueStoreDef } from '../../src/state/stores.ts'
import { readSystem, systemColumn } from '../../src/state/system.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'
import { WriteBehind } from '../../src/state/write-behind.ts'
import { ChangelogTrimmer } from '../../src/task/changelog-trimmer.ts'
import { CommitPipeline } from '../../src/task/commit-pipeline.ts'
import { type Committer, openCommitter } from '../../src/task/committer.ts'
import { decodePosition, type Position, positionKey } from '../../src/task/position.ts'
import { ManualClock } from '../../src/time/clock.ts'
import { eventually } from '../support/eventually.ts'
import { readTopic } from '../support/log-lines.ts'

const rows: KeyValueStoreDef<string> = { kind: 'key-value', name: 'rows', serde: stringSerde }
const source = { topic: 'main', partition: 0 }
const changelog = { topic: 'app-rows-changelog', partition: 0 }
const decision: OutgoingRecord = { ...source, key: Buffer.from('k'), value: Buffer.from('{}'), headers: {} }

let log: Log
let db: StateDb
let state: TaskState
let committer: Committer
let clock: ManualClock

const open = (taskId: string) =>
  openCommitter({ log, groupId: 'app', taskId, guarantee: 'exactly-once', transactionTimeoutMs: 10_000 })

beforeEach(async () => {
  log = await openMemoryLog()
  for (const topic of ['main', changelog.topic, 'app-system-changelog']) await log.createTopic({ topic, partitions: 1 })
  db = await memoryEngine().open('state', columnsOf([rows]))
  state = TaskState.open({ db, stores: [rows], streamTimeMs: () => 0 })
  committer = await open('0_0')
  clock = new ManualClock()
})

afterEach(() => log.close())

const pipelineOf = (by: Committer) =>
  new CommitPipeline({
    applicationId: 'app',
    subTopology: 0,
    source,
    definition: 'rules',
    layout: 1,
    isNew: true,
    committed: 0,
    streamTime: { latestMs: -1 },
    committer: by,
    trimmer: new ChangelogTrimmer({
      applicationId: 'app',
      partition: 0,
      log,
      stores: [rows],
      storedOffset: () => Number.POSITIVE_INFINITY,
      stored: () => undefined,
    }),
    state,
    writeBehind: new WriteBehind({ db, state, limitBytes: 0 }),
    clock,
    onCommitted() {},
  })

const stored = async (key: string) => (await db.getMany(rows.name, [Buffer.from(key)]))[0]?.toString()
const position = async () => {
  const [bytes] = await db.getMany(systemColumn, [positionKey])
  return bytes === undefined ? undefined : decodePosition(bytes)
}
const at = (offset: number) => ({ offset, streamTimeMs: offset * 10 })
const batch = (outgoing: readonly OutgoingRecord[], position: Position) => ({ outgoing, position, oldestEventMs: 0 })

describe('a commit', () => {
  it('moves output, changelog, position and state together', async () => {
    const pipeline = pipelineOf(committer)
    state.store(rows).put('a', 'one')
    state.store(rows).put('b', 'one')
    await pipeline.add(batch([decision], at(7)))
    await pipeline.settle()

    expect(await stored('a')).toBe('one')
    expect(await position()).toMatchObject({ offset: 7, streamTimeMs: 70 })
    const entries = await readTopic(log, changelog.topic)
    expect(entries.map(({ key, value }) => `${key}=${value}`)).toEqual(['a=one', 'b=one'])
    expect(await readTopic(log, 'main')).toHaveLength(1)
    expect(await log.committedOffsets('app', [source])).toMatchObject([{ offset: 7 }])
    expect((await readSystem(db)).changelogOffsets.get('rows')).toBe(entries.at(-1)!.offset + 1)
  })

  it('that fails leaves the state as it was, and nothing comes after it', async () => {
    const broken = new Error('no answer')
    const pipeline = pipelineOf({ isAtomic: true, commit: () => Promise.reject(broken), close: async () => {} })
    state.store(rows).put('a', 'one')
    await pipeline.add(batch([decision], at(7)))
    await expect(pipeline.settle()).rejects.toBe(broken)
    await expect(pipeline.add(batch([decision], at(8)))).rejects.toBe(broken)
    await expect(pipeline.submitPosition(at(9))).rejects.toBe(broken)
    expect(await stored('a')).toBeUndefined()
    expect(await position()).toBeUndefined()
  })

  it('without a transaction logs only the position that is behind it for sure', async () => {
    const byPart = await openCommitter({
      log,
      groupId: 'app',
      taskId: '0_0',
      guarantee: 'at-least-once',
      transactionTimeoutMs: 10_000,
    })
    const pipeline = pipelineOf(byPart)
    for (const offset of [7, 9]) {
      await pipeline.add(batch([decision], at(offset)))
      await pipeline.settle()
    }
    const logged = (await readTopic(log, 'app-system-changelog')).filter(({ key }) => key?.equals(positionKey))
    expect(logged.map(({ value }) => decodePosition(value!).offset)).toEqual([7])
    expect(await position()).toMatchObject({ offset: 9 })
    await byPart.close()
  })

  it('is not begun when there is nothing to write; the position can go alone', async () => {
    const pipeline = pipelineOf(committer)
    await pipeline.add(batch([], at(7)))
    await pipeline.settle()
    expect(await log.committedOffsets('app', [source])).toEqual([])
    await pipeline.submitPosition(at(7))
    expect(await log.committedOffsets('app', [source])).toMatchObject([{ offset: 7 }])
    expect(await log.endOffset({ topic: 'app-system-changelog', partition: 0 }, 'read-uncommitted')).toBe(0)
  })

  it('of one task leaves those of others alone, and fences its own predecessor', async () => {
    const other = await open('0_1')
    const pipeline = pipelineOf(committer)
    await pipeline.add(batch([decision], at(7)))
    await pipeline.settle()
    await other.close()

    await open('0_0')
    await pipeline.add(batch([decision], at(8)))
    await expect(pipeline.settle()).rejects.toMatchObject({ code: 'fenced' })
    expect(await position()).toMatchObject({ offset: 7 })
  })
})

describe('batches that are added while a commit is on its way', () => {
  /** Commits that end when they are told to. */
  class HeldCommitter implements Committer {
    readonly isAtomic = true
    readonly begun: { readonly records: number; readonly offset: number | undefined; readonly end: () => void }[] = []

    async commit(records: readonly OutgoingRecord[], offsets: readonly CommittedOffset[]): Promise<readonly number[]> {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.begun.push({ records: records.length, offset: offsets[0]?.offset, end: resolve })
      await promise
      return committer.commit(records, offsets)
    }

    async close(): Promise<void> {}
  }

  const offsets = (held: HeldCommitter) => held.begun.map(({ offset }) => offset)
  const ended = (held: HeldCommitter, index: number) => {
    held.begun[index]!.end()
    return eventually(async () => {
      expect(await log.committedOffsets('app', [source])).toMatchObject([{ offset: held.begun[index]!.offset }])
    })
  }

  it('go together with the next, and the database has each change once', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    for (const [offset, text] of ['one', 'two', 'three'].entries()) {
      state.store(rows).put('a', text)
      await pipeline.add({ ...batch([decision], at(offset + 1)), taken: 5 })
    }
    expect(offsets(held)).toEqual([1])
    expect(pipeline.waiting).toBe(10)
    await ended(held, 0)
    await pipeline.add(batch([decision], at(4)))
    expect(offsets(held)).toEqual([1, 4])
    await ended(held, 1)
    await pipeline.settle()
    expect((await readTopic(log, changelog.topic)).map(({ value }) => `${value}`)).toEqual(['one', 'three'])
    expect(await readTopic(log, 'main')).toHaveLength(4)
    expect(await stored('a')).toBe('three')
    expect(await position()).toMatchObject({ offset: 4 })
  })

  it('wait for the next one where they are to go with it', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    pipeline.hold(batch([decision], at(1)))
    pipeline.hold(batch([decision], at(2)))
    expect(offsets(held)).toEqual([])
    await pipeline.add(batch([decision], at(3)))
    expect(offsets(held)).toEqual([3])
    await ended(held, 0)
    await pipeline.settle()
    expect(await readTopic(log, 'main')).toHaveLength(3)
  })

  it('wait for the end of a batch that is half processed', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    for (const offset of [1, 2]) await pipeline.add(batch([decision], at(offset)))
    await ended(held, 0)
    clock.advance(1_000)
    expect(offsets(held)).toEqual([1])
    await pipeline.beside(Promise.resolve())
    expect(offsets(held)).toEqual([1, 2])
    held.begun[1]!.end()
    await pipeline.settle()
  })

  it('wait for the input that the transaction hid: what lies behind its output', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    const input = { ...decision, topic: 'elsewhere' }
    await log.createTopic({ topic: 'elsewhere', partitions: 1 })
    // The output takes offset 0 of the source.
    for (const offset of [0, 0]) await pipeline.add(batch([decision], at(offset)))
    await ended(held, 0)
    await eventually(() => expect(clock.pendingTimers).toBe(1))
    await pipeline.beside(Promise.resolve())
    await pipeline.add(batch([input], at(0)))
    expect(offsets(held)).toEqual([0])
    await pipeline.add(batch([input], at(2)))
    expect(offsets(held)).toEqual([0, 2])
    expect(clock.pendingTimers).toBe(0)
    held.begun[1]!.end()
    await pipeline.settle()
  })

  it('wait a few ms at most for such input', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    for (const offset of [0, 0]) await pipeline.add(batch([decision], at(offset)))
    const { promise, resolve } = Promise.withResolvers<void>()
    const waited = pipeline.beside(promise)
    await ended(held, 0)
    await eventually(() => expect(clock.pendingTimers).toBe(1))
    expect(held.begun).toHaveLength(1)
    clock.advance(5)
    expect(held.begun).toHaveLength(2)
    resolve()
    await waited
    held.begun[1]!.end()
    await pipeline.settle()
  })

  it('are committed when all is to be settled, before a position alone', async () => {
    const held = new HeldCommitter()
    const pipeline = pipelineOf(held)
    for (const offset of [1, 2]) await pipeline.add(batch([decision], at(offset)))
    const settled = pipeline.submitPosition(at(3))
    for (const index of [0, 1, 2]) {
      await eventually(() => expect(held.begun.length).toBeGreaterThan(index))
      held.begun[index]!.end()
    }
    await settled
    expect(offsets(held)).toEqual([1, 2, 3])
  })

  it('are never committed when the one before them fails', async () => {
    const broken = new Error('no answer')
    const { promise, reject } = Promise.withResolvers<readonly number[]>()
    let begun = 0
    const failing = () => {
      begun++
      return promise
    }
    const pipeline = pipelineOf({ isAtomic: true, commit: failing, close: async () => {} })
    for (const offset of [1, 2]) await pipeline.add(batch([decision], at(offset)))
    reject(broken)
    await pipeline.beside(promise.catch(() => {}))
    await pipeline.beside(Promise.resolve())
    clock.advance(1_000)
    await expect(pipeline.add(batch([decision], at(3)))).rejects.toBe(broken)
    await expect(pipeline.settle()).rejects.toBe(broken)
    expect(begun).toBe(1)
  })
})
