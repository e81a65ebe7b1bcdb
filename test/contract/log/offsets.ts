import { expect, it } from 'vitest'
import type { TopicPartition } from '../../../src/record/record.ts'
import { fresh, type LogFixture, outgoing, patience } from './fixture.ts'

export function committedOffsetsContract(fixture: LogFixture): void {
  const at2 = async (): Promise<[TopicPartition, TopicPartition]> => {
    const topic = await fixture.topic(2)
    return [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]
  }

  it('leaves out partitions without a committed offset', async () => {
    const [first, second] = await at2()
    const groupId = fresh('group')
    expect(await fixture.log.committedOffsets(groupId, [first, second])).toEqual([])
    await fixture.log.commitOffsets(groupId, [{ ...second, offset: 4, metadata: 'time=12' }])
    expect(await fixture.log.committedOffsets(groupId, [first, second])).toEqual([
      { ...second, offset: 4, metadata: 'time=12' },
    ])
    expect(await fixture.log.committedOffsets(groupId, [first])).toEqual([])
  })

  it('keeps the last offset and its metadata, also a lower one, for every handle', async () => {
    const [at] = await at2()
    const groupId = fresh('group')
    await fixture.log.commitOffsets(groupId, [{ ...at, offset: 10, metadata: 'ten' }])
    await fixture.log.commitOffsets(groupId, [{ ...at, offset: 3, metadata: 'é {"three":3}' }])
    const other = await fixture.another()
    expect(await other.committedOffsets(groupId, [at])).toEqual([{ ...at, offset: 3, metadata: 'é {"three":3}' }])
  })

  it('keeps groups apart', async () => {
    const [at] = await at2()
    const [one, two] = [fresh('group'), fresh('group')]
    await fixture.log.commitOffsets(one, [{ ...at, offset: 1, metadata: '' }])
    expect(await fixture.log.committedOffsets(two, [at])).toEqual([])
  })

  it('changes them with a committed transaction only, the last of several in it', async () => {
    const [first, second] = await at2()
    const groupId = fresh('group')
    await fixture.log.commitOffsets(groupId, [{ ...first, offset: 1, metadata: 'plain' }])
    const transactionalId = fresh('tx')
    const session = await fixture.session(transactionalId)

    await session.send([outgoing(first, 'a')])
    await session.sendOffsets(groupId, [{ ...first, offset: 5, metadata: 'aborted' }])
    await session.abort()
    await session.sendOffsets(groupId, [
      { ...first, offset: 6, metadata: 'early' },
      { ...second, offset: 2, metadata: 'second' },
    ])
    await session.sendOffsets(groupId, [{ ...first, offset: 7, metadata: 'last' }])
    expect(await fixture.log.committedOffsets(groupId, [first, second])).toEqual([
      { ...first, offset: 1, metadata: 'plain' },
    ])
    await session.commit()
    await session.close()
    await expect
      .poll(() => fixture.log.committedOffsets(groupId, [first, second]), patience)
      .toEqual([
        { ...first, offset: 7, metadata: 'last' },
        { ...second, offset: 2, metadata: 'second' },
      ])
  })
}
