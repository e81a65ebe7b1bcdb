import { beforeEach, describe, expect, it } from 'vitest'
import { checkTopics } from '../../src/cli/topic-checks.ts'
import { planTopics } from '../../src/cli/topic-plan.ts'
import type { Log, LogClient, TopicDescription } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { runInProcess } from './in-process.ts'

const day = 86_400_000
const nowMs = Date.parse('2026-03-01T00:00:00Z')
const plan = {
  appId: 'weir',
  mainTopic: 'main',
  partitions: 2,
  retentionMs: -1,
  maxMessageBytes: 1_048_588,
  subTopologies: [{ id: 0, sources: [], stores: [] }],
}

let log: Log
beforeEach(async () => {
  log = await openMemoryLog()
  for (const topic of planTopics(plan)) await log.createTopic(topic)
  return () => log.close()
})

/** The log with other answers about one topic, as a broker with other settings gives. */
const withMain = (config: Record<string, string>, more: Partial<LogClient> = {}): LogClient =>
  ({
    describeTopic: async (topic: string): Promise<TopicDescription | undefined> => {
      const found = await log.describeTopic(topic)
      return found && topic === 'main' ? { ...found, config: { ...found.config, ...config } } : found
    },
    startOffset: log.startOffset.bind(log),
    endOffset: log.endOffset.bind(log),
    openReader: log.openReader.bind(log),
    ...more,
  }) as LogClient
const check = (client: LogClient, replicated = false) =>
  checkTopics({ log: client, planned: planTopics(plan), replicated, nowMs })

describe('weir topics check', () => {
  it('finds nothing wrong with topics that weir topics create made', async () => {
    const { code, out } = await runInProcess(['topics', 'check', '--json'], { log })
    expect(JSON.parse(out)).toMatchObject({ problems: [], warnings: [expect.stringContaining('no --rules')] })
    expect(code).toBe(0)
  })

  it('finds missing topics, other partition counts and other cleanup', async () => {
    const other = await openMemoryLog()
    await other.createTopic({ topic: 'main', partitions: 2, config: { 'cleanup.policy': 'compact' } })
    await other.createTopic({ topic: 'main-late', partitions: 1, config: { 'retention.ms': '-1' } })
    const { code, out } = await runInProcess(['topics', 'check'], { log: other })
    await other.close()
    expect(code).toBe(1)
    expect(out).toContain('main-dead-letter is missing; weir topics create makes it')
    expect(out).toContain('main-late has 1 partitions, not 2')
    expect(out).toContain('main has cleanup.policy=compact')
  })

  it('calls out a main whose records are older than its retention', async () => {
    const producer = await log.openProducer()
    const record = { topic: 'main', partition: 1, key: null, value: Buffer.from('x'), headers: {} }
    await producer.send([{ ...record, timestampMs: nowMs - 8 * day }])
    await producer.close()
    const week = { 'retention.ms': String(7 * day) }
    expect((await check(withMain(week))).problems).toEqual([
      'main keeps records for 7d, and those of partition 1 begin at 2026-02-21T00:00:00.000Z: the broker deletes them any moment; set retention.ms=-1 first',
    ])
    expect((await check(withMain({ 'retention.ms': String(9 * day) }))).problems).toEqual([])
  })

  it('finds dead letters that take no more than main, and copies that are too few', async () => {
    const large = withMain({ 'max.message.bytes': String(64 * 1_048_576) })
    expect((await check(large)).problems).toEqual([
      expect.stringContaining('raise max.message.bytes of main-dead-letter'),
    ])
    const { warnings } = await check(withMain({}), true)
    expect(warnings).toContain('main has one copy and is lost with its broker; give it 3')
  })

  it('names who may write to main', async () => {
    const writers = async () => ['User:cdc', 'User:weir']
    const { warnings } = await check(withMain({}, { topicWriters: writers }))
    expect(warnings).toEqual([
      expect.stringContaining('forge events: User:cdc, User:weir, and the broker’s super users'),
    ])
    const open = await check(withMain({}, { topicWriters: async () => 'everybody' }))
    expect(open.warnings).toEqual([expect.stringContaining('checks no rights')])
  })
})
