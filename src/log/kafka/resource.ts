import { nameOf, type TopicPartition } from '../../record/record.ts'

/** Rights by the names of Kafka's authorizer. */
export type Operation = 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs' | 'IdempotentWrite' | 'Read' | 'Write'

/** What a request is about, and the right to it that the request needs. */
export interface Resource {
  readonly kind: 'topic' | 'group' | 'transactional-id' | 'cluster'
  readonly name: string
  readonly operation: Operation
  /** As errors name it, such as `topic orders-3` or `group weir`. */
  readonly text: string
}

export const topicResource = (topic: string, operation: Operation, text = `topic ${topic}`): Resource => ({
  kind: 'topic',
  name: topic,
  operation,
  text,
})

export const partitionResource = (partition: TopicPartition, operation: Operation): Resource =>
  topicResource(partition.topic, operation, `topic ${nameOf(partition)}`)

/** Members, offsets and their coordinator: all that Weir does with a group needs Read. */
export const groupResource = (groupId: string): Resource => ({
  kind: 'group',
  name: groupId,
  operation: 'Read',
  text: `group ${groupId}`,
})

export const transactionResource = (transactionalId: string): Resource => ({
  kind: 'transactional-id',
  name: transactionalId,
  operation: 'Write',
  text: `transactional id ${transactionalId}`,
})

export const clusterResource = (operation: Operation, text = 'cluster'): Resource => ({
  kind: 'cluster',
  name: 'kafka-cluster',
  operation,
  text,
})
