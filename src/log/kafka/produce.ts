import { nameOf, type TopicPartition } from '../../record/record.ts'
import { readInt64 } from './batch-format.ts'
import type { Call } from './protocol.ts'

/** An encoded batch on its way to one partition. */
export interface PartitionBatch extends TopicPartition {
  readonly bytes: Buffer
}

export interface ProduceAnswer {
  readonly errorCode: number
  /** The first record's offset; -1 when the broker does not know it any more. */
  readonly baseOffset: number
}

export interface ProduceResponse {
  /** By the partition's name. */
  readonly answers: ReadonlyMap<string, ProduceAnswer>
  readonly throttleMs: number
}

const produceKey = 0
const produceVersion = 7
const allReplicas = -1
const replicaTimeoutMs = 30_000

/** A Produce request (version 7) to one leader; at most one batch a partition. */
export function produceCall(transactionalId: string | null, batches: readonly PartitionBatch[]): Call<ProduceResponse> {
  const byTopic = Map.groupBy(batches, (batch) => batch.topic)
  const body: Buffer[] = [produceHeader(transactionalId, byTopic.size)]
  for (const [topic, ofTopic] of byTopic) {
    const name = Buffer.from(topic)
    const header = Buffer.allocUnsafe(2 + name.length + 4)
    header.writeInt16BE(name.length, 0)
    name.copy(header, 2)
    header.writeInt32BE(ofTopic.length, 2 + name.length)
    body.push(header)
    for (const { partition, bytes } of ofTopic) {
      const partitionHeader = Buffer.allocUnsafe(8)
      partitionHeader.writeInt32BE(partition, 0)
      partitionHeader.writeInt32BE(bytes.length, 4)
      body.push(partitionHeader, bytes)
    }
  }
  return {
    apiName: 'Produce',
    apiKey: produceKey,
    apiVersion: produceVersion,
    body,
    decode,
    throttleMs: (response) => response.throttleMs,
  }
}

function produceHeader(transactionalId: string | null, topics: number): Buffer {
  const id = Buffer.from(transactionalId ?? '')
  const header = Buffer.allocUnsafe(2 + id.length + 2 + 4 + 4)
  let at = header.writeInt16BE(transactionalId === null ? -1 : id.length, 0)
  at += id.copy(header, at)
  at = header.writeInt16BE(allReplicas, at)
  at = header.writeInt32BE(replicaTimeoutMs, at)
  header.writeInt32BE(topics, at)
  return header
}

const answerBytes = 30

function decode(payload: Buffer): ProduceResponse {
  const answers = new Map<string, ProduceAnswer>()
  let at = 4
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const nameLength = payload.readInt16BE(at)
    const topic = payload.toString('utf8', at + 2, at + 2 + nameLength)
    at += 2 + nameLength
    const partitions = payload.readInt32BE(at)
    at += 4
    for (let i = 0; i < partitions; i++, at += answerBytes) {
      const partition = payload.readInt32BE(at)
      const errorCode = payload.readInt16BE(at + 4)
      answers.set(nameOf({ topic, partition }), { errorCode, baseOffset: readInt64(payload, at + 6) })
    }
  }
  return { answers, throttleMs: payload.readInt32BE(at) }
}
