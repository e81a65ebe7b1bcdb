import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { assignorName, stickyAssignor } from '../../src/runtime/assignor.ts'
import { changedCount, checkCoPartitioned } from '../../src/runtime/prepare-topics.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { countingApp, logWithMain, main } from '../support/counting-app.ts'

describe('the number of partitions', () => {
  let log: Log

  beforeEach(async () => {
    log = await logWithMain(2)
  })
  afterEach(() => log.close())

  /** As if somebody had added partitions by Kafka's tools. */
  const add = (to: Log) => {
    const describeTopic = to.describeTopic.bind(to)
    to.describeTopic = async (topic) => {
      const found = await describeTopic(topic)
      return topic === main && found !== undefined ? { ...found, partitions: 3 } : found
    }
  }

  it('ends the application when it changes while it runs, and says what to do', async () => {
    const app = countingApp(log, 'nowhere', { engine: memoryEngine() })
    await app.start()
    add(log)
    // Any new round looks again.
    await log.joinGroup({
      groupId: 'counter',
      topics: [main],
      assignor: stickyAssignor,
      assignorName,
      userData: () => Buffer.alloc(0),
      onAssigned: async () => {},
      onRevoked: async () => {},
      onLost: async () => {},
      onError: () => {},
    })
    await expect(app.ended).rejects.toMatchObject({ code: 'partition-count-changed' })
    expect(app.state).toBe('ERROR')
  })

  it('is compared with the changelogs at the start', async () => {
    const app = countingApp(log, 'nowhere', { engine: memoryEngine() })
    await app.start()
    await app.stop()
    add(log)
    const other = countingApp(log, 'nowhere', { engine: memoryEngine() })
    await expect(other.start()).rejects.toMatchObject({ code: 'partition-count-changed' })
    expect(await changedCount(log, new Map([[main, 2]]))).toMatchObject({
      code: 'partition-count-changed',
      message: expect.stringContaining('Start a new application id, or move the events into a new topic'),
    })
    expect(await changedCount(log, new Map([[main, 3]]))).toBeUndefined()
  })

  it('is not known while the log is away, which ends nothing', async () => {
    const away = { ...log, describeTopic: () => Promise.reject(new Error('away')) } as unknown as Log
    expect(await changedCount(away, new Map([[main, 2]]))).toBeUndefined()
  })

  it('must be the same for topics that are read together', () => {
    const counts = new Map([
      ['orders', 4],
      ['payments', 4],
      ['refunds', 3],
    ])
    expect(() => checkCoPartitioned(['orders', 'payments'], counts)).not.toThrow()
    expect(() => checkCoPartitioned(['orders', 'payments', 'refunds'], counts)).toThrowError(
      expect.objectContaining({ code: 'not-co-partitioned', message: expect.stringContaining('"refunds" has 3') }),
    )
  })
})
