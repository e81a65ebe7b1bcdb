import type { TopicPartition } from '../../record/record.ts'
import type { CommittedOffset } from '../log.ts'
import type { OffsetToCommit } from './apis.ts'

interface OfTopic<P> {
  readonly topic: string
  readonly partitions: readonly P[]
}

/** Partitions by topic, as Kafka's requests name them. */
export function byTopic<P extends TopicPartition, R>(partitions: readonly P[], to: (partition: P) => R): OfTopic<R>[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(to),
  }))
}

/** Offsets as Kafka's commits name them. */
export const commitTopics = (offsets: readonly CommittedOffset[]): OfTopic<OffsetToCommit>[] =>
  byTopic(offsets, ({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata }))
