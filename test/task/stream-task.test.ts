import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { changelogSpec, systemStore } from '../../src/task/changelog.ts'
import { StreamTask } from '../../src/task/stream-task.ts'
import type { TaskObserver } from '../../src/task/task-options.ts'
import { systemClock } from '../../src/time/clock.ts'
import { countingTopology, logWithMain, main, sendEvents } from '../support/counting-app.ts'
import { eventually } from '../support/eventually.ts'
import { readTopic } from '../support/log-lines.ts'

const source = { topic: main, partition: 0 }

let log: Log
let task: StreamTask

beforeEach(async () => {
  log = await logWithMain(1)
  const [topology] = countingTopology().subTopologies
  for (const store of [systemStore, ...topology!.stores] as const) await log.createTopic(changelogSpec('app', store, 1))
})

afterEach(async () => {
  await task.close()
  await log.close()
})

const silent: TaskObserver = { count() {}, polled() {}, committed() {}, restoring() {} }

const taskWith = (observer: Partial<TaskObserver>, maxRecords = 3, maxBytes = 1 << 20): StreamTask =>
  new StreamTask({
    applicationId: 'app',
    topology: countingTopology().subTopologies[0]!,
    partition: 0,
    definition: 'counting',
    log,
    engine: memoryEngine(),
    stateDir: 'state',
    guarantee: 'exactly-once',
    limits: { maxRecords, maxBytes, maxWaitMs: 10 },
    transactionTimeoutMs: 10_000,
    clock: systemClock,
    observer: { ...silent, ...observer },
  })

const counted = async () =>
  (await readTopic(log, main)).filter(({ headers }) => headers.count !== undefined).map(({ value }) => `${value}`)

describe('a task that is suspended in the middle of what it has fetched', () => {
  it('has committed the position behind what it processed, and goes on there', async () => {
    await sendEvents(log, Array(10).fill('k'))
    let suspending: Promise<void> | undefined
    task = taskWith({
      committed() {
        suspending ??= task.suspend()
      },
    })
    await task.open()
    await task.run()
    await suspending
    const done = await counted()
    expect(done.length).toBeGreaterThan(0)
    expect(done.length).toBeLessThan(10)
    expect(await log.committedOffsets('app', [source])).toMatchObject([{ offset: done.length }])

    const running = task.run()
    await eventually(async () => expect((await counted()).length).toBeGreaterThanOrEqual(10))
    await task.suspend()
    await running
    expect(await counted()).toEqual(Array.from({ length: 10 }, (_, n) => `k@${n}=${n + 1}`))
  })
})

describe('a commit on its way', () => {
  it('comes to its end while the next batch is processed, not only when that is done', async () => {
    await sendEvents(log, Array(4_000).fill('k'))
    // As an answer from a broker does, each commit needs the event loop.
    const open = log.openTransactionalProducer.bind(log)
    log.openTransactionalProducer = async (options) => {
      const producer = await open(options)
      const commit = producer.commit.bind(producer)
      producer.commit = async () => {
        for (let turn = 0; turn < 3; turn++) await nextTurn()
        await commit()
      }
      return producer
    }
    const steps: string[] = []
    task = taskWith(
      {
        count: (name) => void (name === 'records' && steps.push('processed')),
        committed: () => void steps.push('committed'),
      },
      2_000,
    )
    await task.open()
    const running = task.run()
    await eventually(() => expect(steps.length).toBeGreaterThanOrEqual(4))
    await task.suspend()
    await running
    expect(steps.slice(0, 4)).toEqual(['processed', 'committed', 'processed', 'committed'])
  })
})

describe('what was read together, and comes in parts', () => {
  it('is committed together', async () => {
    await sendEvents(log, Array(9).fill('k'))
    const open = log.openReader.bind(log)
    log.openReader = async (options) => {
      const reader = await open(options)
      const poll = reader.poll.bind(reader)
      reader.poll = async (maxWaitMs) => {
        const batch = await poll(maxWaitMs)
        const [{ offset: first } = { offset: 0 }, second] = batch.records
        if (second === undefined) return batch
        reader.seek(first + 1)
        return { ...batch, records: batch.records.slice(0, 1), nextOffset: first + 1, hasMore: true }
      }
      return reader
    }
    const commits: number[] = []
    const processed: number[] = []
    task = taskWith(
      {
        count: (name, by = 1) => void (name === 'records' && processed.push(by)),
        committed: ({ records }) => void commits.push(records),
      },
      100,
    )
    await task.open()
    const running = task.run()
    await eventually(async () => expect(await counted()).toHaveLength(9))
    await task.suspend()
    await running
    expect(processed.slice(0, 9)).toEqual(Array(9).fill(1))
    // Nine results, one entry of the changelog for their key, and those of the system's.
    expect(commits[0]).toBeGreaterThanOrEqual(10)
  })
})

describe('a commit that takes long', () => {
  it('holds up neither reading nor processing, until as much waits as is committed together', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const open = log.openTransactionalProducer.bind(log)
    log.openTransactionalProducer = async (options) => {
      const producer = await open(options)
      const commit = producer.commit.bind(producer)
      producer.commit = async () => {
        await answered
        await commit()
      }
      return producer
    }
    let processed = 0
    const commits: number[] = []
    task = taskWith(
      {
        count: (name, by = 1) => {
          if (name === 'records') processed += by
        },
        committed: ({ records }) => void commits.push(records),
      },
      4,
      1,
    )
    // Each fetch brings one of them.
    for (let sent = 0; sent < 6; sent++) await sendEvents(log, ['k'])
    await task.open()
    const running = task.run()
    try {
      await eventually(() => expect(processed).toBe(5))
    } finally {
      answer()
    }
    await eventually(async () => expect(await counted()).toHaveLength(6))
    await task.suspend()
    await running
    expect(await counted()).toEqual([0, 1, 2, 3, 4, 5].map((offset) => `k@${offset}=${offset + 1}`))
    // One decision and its changelog records, then four together.
    expect(commits[1]).toBeGreaterThan(4)
  })
})

describe('records that the source drops', () => {
  it('do not count for what is committed together, and the others do', async () => {
    const producer = await log.openProducer()
    const dropped = { ...source, key: null, value: null, headers: { count: Buffer.from('1') } }
    const event = { ...source, key: Buffer.from('k'), value: Buffer.from('x'), headers: {} }
    await producer.send([event, ...Array(20).fill(dropped), event, dropped, event, event, dropped])
    await producer.close()
    const batches: number[] = []
    task = taskWith({ count: (name, by) => void (name === 'records' && batches.push(by ?? 1)) })
    await task.open()
    const running = task.run()
    await eventually(() => expect(batches.length).toBeGreaterThanOrEqual(2))
    await task.suspend()
    await running
    expect(batches.slice(0, 2)).toEqual([24, 2])
    expect((await counted()).filter((text) => text.startsWith('k@'))).toEqual(['k@0=1', 'k@21=2', 'k@23=3', 'k@24=4'])
  })
})
