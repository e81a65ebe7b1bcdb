import { ProductionError } from '../../errors.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Put } from './database.ts'
import { rowKey } from './keys.ts'
import type { Partition } from './partition.ts'
import { encodedBytes, encodeRows, type Row } from './rows.ts'
import type { TopicRegistry } from './topics.ts'

/** What Kafka adds to one record: a batch's head and the record's own. */
const overheadBytes = 70

/** One send's records for one partition. */
export interface PartitionShare {
  readonly partition: Partition
  readonly records: OutgoingRecord[]
  readonly sizes: number[]
  /** Places of the records in the send. */
  readonly indices: number[]
}

/**
 * Splits a send by partition, the order within each kept.
 * @throws ProductionError `record-too-large`, LogError `topic-missing`; no offset is taken then
 */
export function shareOut(records: readonly OutgoingRecord[], topics: TopicRegistry): PartitionShare[] {
  const shares = new Map<Partition, PartitionShare>()
  let share: PartitionShare | undefined
  for (const [index, record] of records.entries()) {
    if (share?.partition.topic !== record.topic || share.partition.partition !== record.partition) {
      const partition = topics.partition(record)
      share = shares.get(partition)
      if (share === undefined) {
        share = { partition, records: [], sizes: [], indices: [] }
        shares.set(partition, share)
      }
    }
    share.records.push(record)
    share.sizes.push(encodedBytes(record))
    share.indices.push(index)
  }
  for (const { partition, sizes } of shares.values()) refuseLarge(partition.topic, sizes, topics)
  return [...shares.values()]
}

function refuseLarge(name: string, sizes: readonly number[], topics: TopicRegistry): void {
  const { maxMessageBytes } = topics.topic(name)
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0) + overheadBytes
  if (largest <= maxMessageBytes) return
  throw new ProductionError(
    'record-too-large',
    `a record of ${largest} bytes is over ${name}'s max.message.bytes (${maxMessageBytes}): raise it, or send less`,
  )
}

export interface Appended {
  readonly firstOffset: number
  readonly rows: readonly Row[]
}

export interface AppendOptions {
  /** 0 for none. */
  readonly transaction: number
  /** For records without a timestamp. */
  readonly nowMs: number
  /** Gets each record's offset at its place in the send. */
  readonly offsets: number[]
}

/** Takes offsets for a share and encodes it. */
export function append(share: PartitionShare, { transaction, nowMs, offsets }: AppendOptions): Appended {
  const firstOffset = share.partition.take(share.records.length)
  for (const [i, index] of share.indices.entries()) offsets[index] = firstOffset + i
  return { firstOffset, rows: encodeRows(share.records, share.sizes, { firstOffset, transaction, nowMs }) }
}

export const rowPut = ({ topicId, partition }: Partition, { lastOffset, bytes }: Row): Put => ({
  type: 'put',
  key: rowKey(topicId, partition, lastOffset),
  value: bytes,
})
