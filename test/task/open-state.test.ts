import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { stringSerde } from '../../src/record/serdes.ts'
import type { StateEngine } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { timestampedBytes } from '../../src/state/keys.ts'
import type { HistoryStoreDef, StoreDef, TimestampedStoreDef } from '../../src/state/stores.ts'
import { StreamTime } from '../../src/task/batch-processor.ts'
import { trimKey } from '../../src/task/changelog-trimmer.ts'
import { layoutKey } from '../../src/task/layout.ts'
import { definitionKey, openTaskState } from '../../src/task/open-state.ts'
import { encodePosition, positionKey } from '../../src/task/position.ts'
import { ManualClock } from '../../src/time/clock.ts'

const source = { topic: 'main', partition: 0 }
const system = { topic: 'app-system-changelog', partition: 0 }
const seen: TimestampedStoreDef<string> = { kind: 'timestamped', name: 'seen', serde: stringSerde, retentionMs: 10 }

let log: Log
let engine: StateEngine

beforeEach(async () => {
  log = await openMemoryLog()
  engine = memoryEngine()
  for (const { topic } of [source, system]) await log.createTopic({ topic, partitions: 1 })
})

afterEach(() => log.close())

/** What the last commit left in the system changelog. */
async function leave(definition: string, offset: number, streamTimeMs: number, layout = 1): Promise<void> {
  const producer = await log.openProducer()
  const record = (key: Buffer, value: Buffer) => ({ ...system, key, value, headers: {} })
  await producer.send([
    record(positionKey, encodePosition({ offset, streamTimeMs })),
    record(definitionKey, Buffer.from(definition)),
    ...(layout === 1 ? [] : [record(layoutKey, Buffer.from(String(layout)))]),
  ])
  await producer.close()
}

const commit = (offset: number, metadata: string) => log.commitOffsets('app', [{ ...source, offset, metadata }])

const openWith = (streamTime: StreamTime, definition = 'rules', stores: readonly StoreDef[] = []) =>
  openTaskState({
    applicationId: 'app',
    taskId: '0_0',
    subTopology: 0,
    stores,
    source,
    definition,
    log,
    engine,
    stateDir: 'state',
    limits: { maxBytes: 1 << 20 },
    streamTime,
    clock: new ManualClock(),
    stopped: () => false,
    onProgress() {},
  })

async function open(definition = 'rules') {
  const streamTime = new StreamTime()
  const opened = await openWith(streamTime, definition)
  await opened.close()
  const { position, isNew } = opened
  return { position, isNew, streamTimeMs: streamTime.nowMs }
}

describe("a task's state", () => {
  it('begins at the start of the log where there is none', async () => {
    expect(await open()).toEqual({ position: 0, isNew: true, streamTimeMs: -1 })
  })

  it("goes on where the group is, at the stream time that travelled with the group's position", async () => {
    await leave('rules', 5, 50)
    await commit(8, '{"streamTimeMs":80}')
    expect(await open()).toEqual({ position: 8, isNew: false, streamTimeMs: 80 })
  })

  it('takes the stream time from the state when the position came without one', async () => {
    await leave('rules', 5, 50)
    await commit(8, 'moved by hand')
    expect(await open()).toMatchObject({ position: 8, streamTimeMs: 50 })
  })

  it('goes on by its own position when the log has forgotten the group', async () => {
    await leave('rules', 5, 50)
    expect(await open()).toEqual({ position: 5, isNew: false, streamTimeMs: 50 })
  })

  it('is hidden by the stream time before the record in hand: what that makes due is still there', async () => {
    await log.createTopic({ topic: 'app-seen-changelog', partitions: 1 })
    const streamTime = new StreamTime()
    const { state, close } = await openWith(streamTime, 'rules', [seen])
    state.store(seen).put('a', 'x', 0)
    streamTime.step(1_000)
    expect(state.store(seen).get('a')).toMatchObject({ value: 'x' })
    streamTime.step(undefined)
    expect(state.store(seen).get('a')).toBeUndefined()
    await close()
  })

  it('is kept when only what is past its retention was deleted from a changelog since, and not when more was', async () => {
    const changelog = { topic: 'app-seen-changelog', partition: 0 }
    await log.createTopic({ topic: changelog.topic, partitions: 1 })
    const producer = await log.openProducer()
    const seenAt = (key: string, timeMs: number) =>
      producer.send([
        { ...changelog, key: Buffer.from(key), value: timestampedBytes(timeMs, Buffer.from('x')), headers: {} },
      ])
    const deletedTo = async (trimmedTo: number, deleted = trimmedTo) => {
      const value = Buffer.from(JSON.stringify({ trimmedTo, marks: [] }))
      await producer.send([{ ...system, key: trimKey('seen'), value, headers: {} }])
      await log.deleteRecordsBefore(changelog, deleted)
    }
    await leave('rules', 5, 0)
    await seenAt('a', 0)
    await (await openWith(new StreamTime(), 'rules', [seen])).close()
    await seenAt('b', 0)
    await seenAt('c', 50)
    await leave('rules', 8, 50)
    await deletedTo(2)
    const streamTime = new StreamTime()
    const { state, close } = await openWith(streamTime, 'rules', [seen])
    expect(['a', 'b', 'c'].filter((key) => state.store(seen).get(key) !== undefined)).toEqual(['c'])
    await close()
    await seenAt('d', 50)
    await deletedTo(2, 4)
    await expect(openWith(new StreamTime(), 'rules', [seen])).rejects.toMatchObject({ code: 'changelog-truncated' })
    await producer.close()
  })

  it('is refused when other rules computed it, and taken by those that did', async () => {
    await leave('rules', 5, 50)
    await expect(open('other rules')).rejects.toMatchObject({ code: 'rule-set-changed' })
    expect(await open()).toMatchObject({ position: 5 })
  })

  it('is refused when an earlier version kept the same in other stores', async () => {
    const windows = {
      kind: 'window',
      reads: 'histories',
      name: 'windows',
      serde: stringSerde,
      retentionMs: 10,
      layout: 2,
    }
    await log.createTopic({ topic: 'app-windows-changelog', partitions: 1 })
    const openLayout = () => openWith(new StreamTime(), 'rules', [windows as HistoryStoreDef<string>])
    await (await openLayout()).close()
    await leave('rules', 5, 50)
    await expect(openLayout()).rejects.toThrow('computed by an earlier version of Weir')
    await leave('rules', 6, 50, 2)
    expect(await openLayout()).toMatchObject({ position: 6 })
  })
})
