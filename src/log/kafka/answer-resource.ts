import type { TopicPartition } from '../../record/record.ts'
import { codes } from './broker-error.ts'
import { groupResource, partitionResource, type Resource, transactionResource } from './resource.ts'

/** What an answer about a group's offset in a partition is about: the group, or the topic that may not be read. */
export const offsetResource = (errorCode: number, groupId: string, partition: TopicPartition): Resource =>
  errorCode === codes.TOPIC_AUTHORIZATION_FAILED ? partitionResource(partition, 'Read') : groupResource(groupId)

/** What an answer about a change of a transaction is about: its id, or what was to be added to it. */
export const addedResource = (errorCode: number, transactionalId: string, added: Resource): Resource =>
  errorCode === codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED ? transactionResource(transactionalId) : added
