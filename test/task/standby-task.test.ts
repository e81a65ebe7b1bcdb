import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log, PartitionReader } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { stringSerde } from '../../src/record/serdes.ts'
import type { StateEngine } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { timestampedBytes } from '../../src/state/keys.ts'
import type { KeyValueStoreDef, TimestampedStoreDef } from '../../src/state/stores.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { changelogSpec, changelogTopic, systemStore } from '../../src/task/changelog.ts'
import { trimKey } from '../../src/task/changelog-trimmer.ts'
import { inForceRecord } from '../../src/task/deployment-ledger.ts'
import { applicationIdOf, type DeploymentPort, ledgerSpec } from '../../src/task/deployment-port.ts'
import { isFolderHeld } from '../../src/task/folder-registry.ts'
import { encodePosition, positionKey } from '../../src/task/position.ts'
import { StandbyTask, type StandbyTaskOptions } from '../../src/task/standby-task.ts'
import { systemClock } from '../../src/time/clock.ts'
import { deploymentStore } from '../../src/topology/deployment.ts'
import type { SubTopology } from '../../src/topology/topology.ts'
import { eventually } from '../support/eventually.ts'

const rows: KeyValueStoreDef<string> = { kind: 'key-value', name: 'rows', serde: stringSerde }
const seen: TimestampedStoreDef<string> = { kind: 'timestamped', name: 'seen', serde: stringSerde, retentionMs: 100 }
const other: KeyValueStoreDef<string> = { kind: 'key-value', name: 'other', serde: stringSerde }
const deployment = { id: 'next', hash: 'h', content: '', offset: 5 }
const deployedId = applicationIdOf('app', deployment)

const topologyOf = (stores: SubTopology['stores']): SubTopology => ({ id: 0, nodes: [], sources: [], stores })

describe('a standby', () => {
  let log: Log
  let engine: StateEngine
  let options: StandbyTaskOptions
  let standby: StandbyTask
  const lags: number[] = []

  beforeEach(async () => {
    log = await openMemoryLog()
    engine = memoryEngine()
    for (const [id, stores] of [
      ['app', [rows, seen, deploymentStore]],
      [deployedId, [other]],
    ] as const) {
      for (const store of [...stores, systemStore] as const) await log.createTopic(changelogSpec(id, store, 1))
    }
    await log.createTopic(ledgerSpec('app', 1))
    const deployments = { define: () => ({ topology: topologyOf([other]) }) } as unknown as DeploymentPort
    options = {
      applicationId: 'app',
      taskId: '0_0',
      topology: topologyOf([rows, seen, deploymentStore]),
      partition: 0,
      log,
      engine,
      stateDir: 'state',
      deployments,
      limits: { maxBytes: 1 << 20 },
      clock: systemClock,
      onLag: (lag) => void lags.push(lag),
    }
    standby = new StandbyTask(options)
    await standby.open()
    void standby.run()
  })
  afterEach(async () => {
    await standby.close()
    await log.close()
    lags.length = 0
  })

  const write = async (store: string, key: string, value: Buffer, id = 'app') => {
    const producer = await log.openProducer()
    const topic = changelogTopic(id, store)
    await producer.send([{ topic, partition: 0, key: Buffer.from(key), value, headers: {} }])
    await producer.close()
  }
  /** Two looks later: the first may have begun before. */
  const looked = async () => {
    lags.length = 0
    await eventually(() => expect(lags.length).toBeGreaterThanOrEqual(2))
  }
  const contentOf = async (folder: string, store: typeof rows | typeof seen) => {
    await standby.close()
    const db = await engine.open(folder, columnsOf([store]))
    const [entries] = await db.getRanges(store.name, [{ gte: Buffer.alloc(0) }])
    await db.close()
    return entries!.map(({ key }) => key.toString())
  }

  it('has what was committed, and not what is past its retention by the stream time of the owner', async () => {
    await write('rows', 'a', Buffer.from('1'))
    await write('seen', 'old', timestampedBytes(0, Buffer.from('x')))
    await write('seen', 'new', timestampedBytes(950, Buffer.from('x')))
    const producer = await log.openTransactionalProducer({ transactionalId: 'app-0_0' })
    const topic = changelogTopic('app', 'rows')
    await producer.send([{ topic, partition: 0, key: Buffer.from('b'), value: Buffer.from('1'), headers: {} }])
    await looked()
    await producer.abort()
    await write(systemStore, positionKey.toString(), encodePosition({ offset: 9, streamTimeMs: 1_000 }))
    await looked()
    await write('seen', 'newer', timestampedBytes(990, Buffer.from('x')))
    await looked()
    expect(lags.at(-1)).toBe(0)
    expect(await contentOf('state/app/0_0', seen)).toEqual(['new', 'newer'])
    expect(await contentOf('state/app/0_0', rows)).toEqual(['a'])
  })

  it('changes to the state of what was deployed when that is in force', { timeout: 30_000 }, async () => {
    await write('rows', 'a', Buffer.from('1'))
    await write('other', 'z', Buffer.from('1'), deployedId)
    await looked()
    const producer = await log.openProducer()
    await producer.send([inForceRecord('app', 0, deployment)])
    await producer.close()
    await eventually(async () => {
      const db = await engine.open(`state/${deployedId}/0_0`, columnsOf([other])).catch(() => undefined)
      // Held by the standby, or not there yet.
      const isThere = db === undefined || db.getSync('other', Buffer.from('z')) !== undefined
      await db?.close()
      expect(isThere).toBe(true)
    })
    await looked()
    expect(await contentOf(`state/${deployedId}/0_0`, { ...rows, name: 'other' })).toEqual(['z'])
  })

  it('leaves the folder free when it is closed while it still asks what to follow', async () => {
    await standby.close()
    const closed = new StandbyTask(options)
    const opening = closed.open()
    await closed.close()
    await opening.catch(() => {})
    expect(isFolderHeld('state/app/0_0')).toBe(false)
  })

  describe('whose owner deletes from a changelog what is past its retention', () => {
    const changelog = { topic: changelogTopic('app', 'seen'), partition: 0 }
    const trimTo = async (offset: number) => log.deleteRecordsBefore(changelog, offset)
    const tellOfTrim = (trimmedTo: number) =>
      write(systemStore, trimKey('seen').toString(), Buffer.from(JSON.stringify({ trimmedTo, marks: [] })))
    const positionAt = (streamTimeMs: number) =>
      write(systemStore, positionKey.toString(), encodePosition({ offset: 9, streamTimeMs }))
    const seenAt = (key: string, timeMs: number) => write('seen', key, timestampedBytes(timeMs, Buffer.from('x')))
    const lookAgain = async () => {
      standby = new StandbyTask(options)
      await standby.open()
      return standby.run()
    }

    it('goes on behind it after it was away, with the state that it has', async () => {
      await write('rows', 'a', Buffer.from('1'))
      await seenAt('old', 0)
      await looked()
      await standby.close()
      for (const key of ['older', 'oldest']) await seenAt(key, 10)
      await seenAt('new', 950)
      await positionAt(1_000)
      await tellOfTrim(3)
      await trimTo(3)
      void lookAgain()
      await looked()
      expect(lags.at(-1)).toBe(0)
      expect(await contentOf('state/app/0_0', seen)).toEqual(['new'])
      expect(await contentOf('state/app/0_0', rows)).toEqual(['a'])
    })

    it('goes on behind it when the owner deletes faster than it reads', async () => {
      await write('rows', 'a', Buffer.from('1'))
      await standby.close()
      const reading = Promise.withResolvers<void>()
      const deleted = Promise.withResolvers<void>()
      const held = (reader: PartitionReader): PartitionReader => ({
        get position() {
          return reader.position
        },
        async poll(waitMs) {
          reading.resolve()
          await deleted.promise
          return reader.poll(waitMs)
        },
        seek: (offset) => reader.seek(offset),
        close: () => reader.close(),
      })
      options = {
        ...options,
        log: openingReaders(log, (reader, { topic }) => (topic === changelog.topic ? held(reader) : reader)),
      }
      await seenAt('old', 0)
      void lookAgain()
      await reading.promise
      await seenAt('new', 950)
      await positionAt(1_000)
      await tellOfTrim(1)
      await trimTo(1)
      deleted.resolve()
      await looked()
      expect(lags.at(-1)).toBe(0)
      expect(await contentOf('state/app/0_0', seen)).toEqual(['new'])
      expect(await contentOf('state/app/0_0', rows)).toEqual(['a'])
    })

    it('does not go on when more is gone than the owner has deleted', async () => {
      await seenAt('old', 0)
      await looked()
      await standby.close()
      for (const key of ['one', 'two']) await seenAt(key, 950)
      await positionAt(1_000)
      await tellOfTrim(1)
      await trimTo(2)
      await expect(lookAgain()).rejects.toMatchObject({ code: 'changelog-truncated' })
    })
  })
})

const openingReaders = (
  log: Log,
  wrap: (reader: PartitionReader, options: Parameters<Log['openReader']>[0]) => PartitionReader,
): Log =>
  new Proxy(log, {
    get(target, name) {
      if (name === 'openReader')
        return async (reading: Parameters<Log['openReader']>[0]) => wrap(await target.openReader(reading), reading)
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
