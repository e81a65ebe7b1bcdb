import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log, TransactionalProducer } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { stringSerde } from '../../src/record/serdes.ts'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import type { KeyValueStoreDef } from '../../src/state/stores.ts'
import { readSystem } from '../../src/state/system.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { checkCut, missingStretch, restoreChangelog } from '../../src/task/restore-changelog.ts'

const store: KeyValueStoreDef<string> = { kind: 'key-value', name: 'rows', serde: stringSerde }
const changelog = { topic: 'app-rows-changelog', partition: 0 }

let log: Log
let db: StateDb
let producer: TransactionalProducer

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic: changelog.topic, partitions: 1 })
  db = await memoryEngine().open('state', columnsOf([store]))
  producer = await log.openTransactionalProducer({ transactionalId: 'app-0_0' })
})

afterEach(() => log.close())

const send = (...entries: readonly string[]) =>
  producer.send(
    entries.map((entry) => ({ ...changelog, key: Buffer.from(entry[0]!), value: Buffer.from(entry), headers: {} })),
  )
const commit = async (...entries: readonly string[]) => {
  await send(...entries)
  await producer.commit()
}
const restoreFrom = async (
  from?: number,
  {
    trimmedTo = 0,
    ...more
  }: { readonly stopped?: () => boolean; readonly onProgress?: () => void; readonly trimmedTo?: number } = {},
) => {
  const stretch = await missingStretch({ log, changelog, from })
  checkCut(stretch, changelog, trimmedTo)
  await restoreChangelog({
    ...stretch,
    db,
    store,
    changelog,
    log,
    maxBytes: 1 << 20,
    batchEntries: undefined,
    stopped: () => false,
    onProgress() {},
    ...more,
  })
}
const restored = async () => {
  const [entries] = await db.getRanges(store.name, [{ gte: Buffer.alloc(0) }])
  return entries!.map(({ value }) => value.toString())
}
const reached = async () => (await readSystem(db)).changelogOffsets.get(store.name)

describe('a changelog', () => {
  it('is restored to its end, the marker behind the last record included', async () => {
    await commit('a1', 'b1')
    await commit('a2')
    await restoreFrom()
    expect(await restored()).toEqual(['a2', 'b1'])
    expect(await reached()).toBe(await log.endOffset(changelog, 'read-uncommitted'))
  })

  it('gives nothing of aborted transactions', async () => {
    await commit('a1')
    await send('a2', 'c2')
    await producer.abort()
    await restoreFrom()
    expect(await restored()).toEqual(['a1'])
    expect(await reached()).toBe(await log.endOffset(changelog, 'read-uncommitted'))
  })

  it('is waited for where an open transaction holds it back', async () => {
    await commit('a1')
    const before = await log.endOffset(changelog, 'read-committed')
    await send('a2')
    let polls = 0
    const ending = restoreFrom(before, {
      stopped() {
        if (polls++ === 0) void producer.commit()
        return false
      },
    })
    await ending
    expect(await restored()).toEqual(['a2'])
    expect(await reached()).toBe(await log.endOffset(changelog, 'read-uncommitted'))
  })

  it('is read on from what the database has', async () => {
    await commit('a1')
    const from = await log.endOffset(changelog, 'read-uncommitted')
    await commit('b1')
    await restoreFrom(from)
    expect(await restored()).toEqual(['b1'])
  })

  it('that was trimmed beyond the state, or ends before it, means a rebuild', async () => {
    await commit('a1', 'b1', 'c1')
    await log.deleteRecordsBefore(changelog, 2)
    await expect(restoreFrom(1)).rejects.toMatchObject({ code: 'changelog-truncated' })
    await expect(restoreFrom(9)).rejects.toMatchObject({ code: 'changelog-truncated' })
    await restoreFrom()
    expect(await restored()).toEqual(['c1'])
  })

  it('is read on from its beginning when its owner has deleted no less than is missing', async () => {
    await commit('a1', 'b1', 'c1')
    await log.deleteRecordsBefore(changelog, 2)
    await expect(restoreFrom(1, { trimmedTo: 1 })).rejects.toMatchObject({ code: 'changelog-truncated' })
    await restoreFrom(1, { trimmedTo: 2 })
    expect(await restored()).toEqual(['c1'])
  })

  it('that is trimmed while it is read means a rebuild, too', async () => {
    await commit('a1', 'b1', 'c1')
    const openReader = log.openReader.bind(log)
    log.openReader = async (options) => {
      const reader = await openReader(options)
      await log.deleteRecordsBefore(changelog, 2)
      return reader
    }
    await expect(restoreFrom(0)).rejects.toMatchObject({ code: 'changelog-truncated' })
  })

  it('is left when the task is taken away', async () => {
    await commit('a1')
    await expect(restoreFrom(0, { stopped: () => true })).rejects.toMatchObject({ code: 'assignment-lost' })
  })
})
