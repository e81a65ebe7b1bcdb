import type { TopicPartition } from '../../record/record.ts'
import type { CommittedOffset } from '../log.ts'
import type { LogDatabase, Put } from './database.ts'
import { committedKey } from './keys.ts'

/** A committed offset: the offset (double), then the metadata's UTF-8. */
export function committedPut(groupId: string, { topic, partition, offset, metadata }: CommittedOffset): Put {
  const value = Buffer.alloc(8 + Buffer.byteLength(metadata))
  value.writeDoubleBE(offset)
  value.write(metadata, 8)
  return { type: 'put', key: committedKey(groupId, topic, partition), value }
}

export async function readCommitted(
  db: LogDatabase,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<CommittedOffset[]> {
  const values = await db.getMany(partitions.map(({ topic, partition }) => committedKey(groupId, topic, partition)))
  return partitions.flatMap(({ topic, partition }, i) => {
    const value = values[i]
    if (value === undefined) return []
    return [{ topic, partition, offset: value.readDoubleBE(), metadata: value.toString('utf8', 8) }]
  })
}
