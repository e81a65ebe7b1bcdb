import { randomUUID } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { stringSerde } from '../../src/record/serdes.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { timestampedBytes } from '../../src/state/keys.ts'
import type { TimestampedStoreDef } from '../../src/state/stores.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { changelogSpec } from '../../src/task/changelog.ts'
import { missingStretch, restoreChangelog } from '../../src/task/restore-changelog.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'

const store: TimestampedStoreDef<string> = { kind: 'timestamped', name: 'seen', serde: stringSerde, retentionMs: 1_000 }

describeWithBroker('a changelog on Kafka', () => {
  it('that was trimmed beyond the state, before or while it is read, means a rebuild from its start', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    onTestFinished(() => log.close())
    const spec = changelogSpec(`trimmed-${randomUUID().slice(0, 8)}`, store, 1)
    await log.createTopic(spec)
    const changelog = { topic: spec.topic, partition: 0 }
    const producer = await log.openProducer()
    const value = timestampedBytes(0, Buffer.from('x'))
    await producer.send(
      ['a', 'b', 'c', 'd'].map((key) => ({ ...changelog, key: Buffer.from(key), value, headers: {} })),
    )
    await producer.close()
    const truncated = { name: 'TaskCorruptedError', code: 'changelog-truncated' }
    const db = await memoryEngine().open('state', columnsOf([store]))
    const restore = async (begin: number) =>
      restoreChangelog({
        db,
        store,
        changelog,
        log,
        begin,
        end: 4,
        maxBytes: 1 << 20,
        batchEntries: undefined,
        stopped: () => false,
        onProgress() {},
      })

    await log.deleteRecordsBefore(changelog, 2)
    expect(await missingStretch({ log, changelog, from: 1 })).toEqual({ begin: 2, end: 4, isCut: true })
    await expect(missingStretch({ log, changelog, from: 5 })).rejects.toMatchObject(truncated)
    await expect(restore(1)).rejects.toMatchObject(truncated)
    const { begin } = await missingStretch({ log, changelog, from: undefined })
    await restore(begin)
    const [entries] = await db.getRanges('seen', [{ gte: Buffer.alloc(0) }])
    expect(entries!.map(({ key }) => key.toString())).toEqual(['c', 'd'])
  })
})
