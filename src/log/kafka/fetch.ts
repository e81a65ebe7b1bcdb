import type { TopicPartition } from '../../record/record.ts'
import type { Isolation } from '../log.ts'
import { readInt64, writeInt64 } from './batch-format.ts'
import type { Call } from './protocol.ts'

export interface FetchRequest extends TopicPartition {
  readonly offset: number
  readonly isolation: Isolation
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** An aborted transaction's producer and the offset of its first record in the partition. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchResponse {
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly recordSet: Buffer
  readonly throttleMs: number
}

const fetchKey = 1
const fetchVersion = 11
const fixedBytes = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 2 + 4 + 4 + 4 + 8 + 8 + 4 + 4 + 2

/** How long beyond its wait a fetch's answer may take before the connection counts as broken, ms. */
const graceMs = 30_000

/** A Fetch request (version 11) for one partition, outside any fetch session. */
export function fetchCall(request: FetchRequest): Call<FetchResponse> {
  const topic = Buffer.from(request.topic)
  const body = Buffer.alloc(fixedBytes + topic.length)
  let at = 0
  const int32 = (value: number): void => {
    at = body.writeInt32BE(value, at)
  }
  const int64 = (value: number): void => {
    writeInt64(body, value, at)
    at += 8
  }
  int32(-1) // replica: none, a consumer
  int32(request.maxWaitMs)
  int32(1) // answer as soon as there is a byte
  int32(request.maxBytes)
  at = body.writeInt8(request.isolation === 'read-committed' ? 1 : 0, at)
  int32(0) // session
  int32(-1) // session epoch: none
  int32(1) // topics
  at = body.writeInt16BE(topic.length, at)
  at += topic.copy(body, at)
  int32(1) // partitions
  int32(request.partition)
  int32(-1) // leader epoch: not checked
  int64(request.offset)
  int64(-1) // log start offset: for followers
  int32(request.maxBytes)
  int32(0) // forgotten topics
  body.writeInt16BE(0, at) // rack: none
  return {
    apiName: 'Fetch',
    apiKey: fetchKey,
    apiVersion: fetchVersion,
    body: [body],
    timeoutMs: request.maxWaitMs + graceMs,
    decode,
    throttleMs: (response) => response.throttleMs,
  }
}

const noRecords = Buffer.alloc(0)

function decode(payload: Buffer): FetchResponse {
  const throttleMs = payload.readInt32BE(0)
  const topLevelCode = payload.readInt16BE(4)
  const topics = payload.readInt32BE(10)
  if (topLevelCode !== 0 || topics !== 1) {
    return {
      errorCode: topLevelCode || -1,
      highWatermark: -1,
      lastStableOffset: -1,
      aborted: [],
      recordSet: noRecords,
      throttleMs,
    }
  }
  const partitionAt = 14 + 2 + payload.readInt16BE(14) + 4
  const errorCode = payload.readInt16BE(partitionAt + 4)
  const highWatermark = readInt64(payload, partitionAt + 6)
  const lastStableOffset = readInt64(payload, partitionAt + 14)
  let at = partitionAt + 30
  const aborted: AbortedTransaction[] = []
  const abortedCount = payload.readInt32BE(at)
  at += 4
  for (let i = 0; i < abortedCount; i++, at += 16) {
    aborted.push({ producerId: readInt64(payload, at), firstOffset: readInt64(payload, at + 8) })
  }
  at += 4 // preferred read replica
  const recordBytes = payload.readInt32BE(at)
  at += 4
  const recordSet = recordBytes > 0 ? payload.subarray(at, at + recordBytes) : noRecords
  return { errorCode, highWatermark, lastStableOffset, aborted, recordSet, throttleMs }
}
