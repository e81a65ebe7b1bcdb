import { expect, it } from 'vitest'
import { fresh, type LogFixture, outgoing } from './fixture.ts'

export function topicContract(fixture: LogFixture): void {
  it('creates a topic once and says so the second time', async () => {
    const topic = fresh('topic')
    expect(await fixture.log.createTopic({ topic, partitions: 3 })).toBe('created')
    expect(await fixture.log.createTopic({ topic, partitions: 3 })).toBe('exists')
    expect(await fixture.log.topics()).toContain(topic)
  })

  it('describes partitions and settings, also to another handle', async () => {
    const topic = await fixture.topic(3, { 'cleanup.policy': 'compact', 'max.message.bytes': '2000' })
    const other = await fixture.another()
    for (const log of [fixture.log, other]) {
      const description = await log.describeTopic(topic)
      expect(description).toMatchObject({ topic, partitions: 3 })
      expect(description!.replicationFactor).toBeGreaterThanOrEqual(1)
      expect(description!.config).toMatchObject({ 'cleanup.policy': 'compact', 'max.message.bytes': '2000' })
    }
  })

  it('describes no topic that is not there', async () => {
    expect(await fixture.log.describeTopic(fresh('absent'))).toBeUndefined()
  })

  it('keeps partitions apart', async () => {
    const topic = await fixture.topic(2)
    const [first, second] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ] as const
    const offsets = await fixture.producing((producer) =>
      producer.send([outgoing(first, 'a'), outgoing(second, 'b'), outgoing(first, 'c'), outgoing(second, 'd')]),
    )
    expect(offsets).toEqual([0, 0, 1, 1])
    expect(await fixture.readTexts(first)).toEqual(['a', 'c'])
    expect(await fixture.readTexts(second)).toEqual(['b', 'd'])
  })

  it('starts and ends an empty partition at offset 0', async () => {
    const at = await fixture.partition()
    expect(await fixture.log.startOffset(at)).toBe(0)
    expect(await fixture.log.endOffset(at, 'read-committed')).toBe(0)
    expect(await fixture.log.endOffset(at, 'read-uncommitted')).toBe(0)
  })

  it('says that a topic is missing when its offsets or records are asked for', async () => {
    const at = { topic: fresh('absent'), partition: 0 }
    await expect(fixture.log.endOffset(at, 'read-committed')).rejects.toMatchObject({ code: 'topic-missing' })
    const reading = async () => {
      const reader = await fixture.log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
      await reader.poll(100).finally(() => reader.close())
    }
    await expect(reading()).rejects.toMatchObject({ name: 'LogError', code: 'topic-missing' })
  })

  it('drops records below an offset and keeps the others at theirs', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b', 'c', 'd')
    await fixture.log.deleteRecordsBefore(at, 2)
    expect(await fixture.log.startOffset(at)).toBe(2)
    expect(await fixture.log.endOffset(at, 'read-committed')).toBe(4)
    const left = await fixture.read(at, 'read-committed', { offset: 2 })
    expect(left.map((record) => [record.offset, String(record.value)])).toEqual([
      [2, 'c'],
      [3, 'd'],
    ])
    expect(await fixture.append(at, 'e')).toEqual([4])
  })

  it('can drop everything, and appends behind it', async () => {
    const at = await fixture.partition()
    await fixture.append(at, 'a', 'b')
    await fixture.log.deleteRecordsBefore(at, 2)
    expect(await fixture.log.startOffset(at)).toBe(2)
    expect(await fixture.append(at, 'c')).toEqual([2])
    const left = await fixture.read(at, 'read-committed', { offset: 2 })
    expect(left.map((record) => record.offset)).toEqual([2])
  })
}
