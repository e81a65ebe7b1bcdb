import type { KeyRange } from './database.ts'

/**
 * How the log lies in its database, by the first byte of a key:
 *
 * `f` format and generation · `t` topics by name · `s` start offsets by partition · `r` rows of records by partition
 * and *last* offset, so that the first row at or above an offset's key holds that offset · `a` aborted transactions by
 * partition · `k` how far each partition is compacted · `x` epochs by transactional id · `c` committed offsets by group, topic and partition
 */
const prefixBytes = 1
const partitionBytes = prefixBytes + 8

const u32 = 2 ** 32

function partitionKey(prefix: string, topicId: number, partition: number, tailBytes: number): Buffer {
  const key = Buffer.allocUnsafe(partitionBytes + tailBytes)
  key.write(prefix, 'latin1')
  key.writeUInt32BE(topicId, 1)
  key.writeUInt32BE(partition, 5)
  return key
}

export const formatKey = Buffer.from('f')

export const topicKey = (topic: string): Buffer => Buffer.from(`t${topic}`)
export const topicOfKey = (key: Buffer): string => key.toString('utf8', prefixBytes)

export const startKey = (topicId: number, partition: number): Buffer => partitionKey('s', topicId, partition, 0)

export const cleaningKey = (topicId: number, partition: number): Buffer => partitionKey('k', topicId, partition, 0)

export function rowKey(topicId: number, partition: number, lastOffset: number): Buffer {
  const key = partitionKey('r', topicId, partition, 8)
  key.writeUInt32BE(Math.floor(lastOffset / u32), partitionBytes)
  key.writeUInt32BE(lastOffset % u32, partitionBytes + 4)
  return key
}

export const lastOffsetOfKey = (key: Buffer): number =>
  key.readUInt32BE(partitionBytes) * u32 + key.readUInt32BE(partitionBytes + 4)

export function abortedKey(topicId: number, partition: number, transaction: number): Buffer {
  const key = partitionKey('a', topicId, partition, 8)
  key.writeDoubleBE(transaction, partitionBytes)
  return key
}

export const transactionOfKey = (key: Buffer): number => key.readDoubleBE(partitionBytes)

/** All keys of a partition under one prefix. */
export const partitionRange = (prefix: 'r' | 'a', topicId: number, partition: number): KeyRange => ({
  gte: partitionKey(prefix, topicId, partition, 0),
  lt: partitionKey(prefix, topicId, partition + 1, 0),
})

export const prefixRange = (prefix: 't' | 'x'): KeyRange => ({
  gte: Buffer.from(prefix),
  lt: Buffer.from(String.fromCharCode(prefix.charCodeAt(0) + 1)),
})

export const epochKey = (transactionalId: string): Buffer => Buffer.from(`x${transactionalId}`)
export const transactionalIdOfKey = (key: Buffer): string => key.toString('utf8', prefixBytes)

/** Lengths come before the names: no group's keys run into another's, whatever the names contain. */
export function committedKey(groupId: string, topic: string, partition: number): Buffer {
  const [group, name] = [Buffer.from(groupId), Buffer.from(topic)]
  const key = Buffer.allocUnsafe(prefixBytes + 8 + group.length + name.length + 4)
  key.write('c', 'latin1')
  let at = key.writeUInt32BE(group.length, prefixBytes)
  at += group.copy(key, at)
  at = key.writeUInt32BE(name.length, at)
  at += name.copy(key, at)
  key.writeUInt32BE(partition, at)
  return key
}
