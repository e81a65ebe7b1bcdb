import { batchesIn, type RecordBatch } from '../../../src/log/kafka/batch-decoder.ts'
import { batchBytesBound, encodeBatch } from '../../../src/log/kafka/batch-encoder.ts'
import { batchAt, batchPrefixBytes, writeInt64 } from '../../../src/log/kafka/batch-format.ts'
import type { AbortedTransaction } from '../../../src/log/kafka/fetch.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'

export const at = { topic: 't', partition: 0 }

export const record = (value: string | null, rest: Partial<OutgoingRecord> = {}): OutgoingRecord => ({
  ...at,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: {},
  ...rest,
})

/** The record with its fields as its own. */
export const plainRecord = (record: LogRecord): LogRecord => {
  const { topic, partition, offset, timestampMs, key, value, headers } = record
  return { topic, partition, offset, timestampMs, key, value, headers }
}

const plain = { producerId: -1, producerEpoch: -1, transactional: false }

/** An encoded batch as a broker stores it, at `baseOffset`. */
export function storedBatch(baseOffset: number, records: readonly OutgoingRecord[], identity = plain): Buffer {
  const bytes = Buffer.from(
    encodeBatch(records, identity, { firstSequence: 0, nowMs: 0, memory: Buffer.alloc(batchBytesBound(records)) }),
  )
  writeInt64(bytes, baseOffset, batchAt.baseOffset)
  return bytes
}

/** A transactional batch of one producer. */
export const ofTransaction = (baseOffset: number, producerId: number, values: readonly string[]): RecordBatch =>
  first(
    storedBatch(
      baseOffset,
      values.map((value) => record(value)),
      { producerId, producerEpoch: 0, transactional: true },
    ),
  )

/** The control batch that ends a producer's transaction. */
export function marker(offset: number, producerId: number, kind: 'commit' | 'abort'): RecordBatch {
  const key = Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0])
  const bytes = storedBatch(offset, [record(null, { key })], { producerId, producerEpoch: 0, transactional: true })
  bytes[batchAt.attributes + 1]! |= 0x20
  return first(bytes)
}

/** The batch with its records replaced by compressed ones. */
export function compressed(batch: Buffer, codec: number, compress: (records: Buffer) => Buffer): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, batchAt.records), compress(batch.subarray(batchAt.records))])
  bytes.writeInt32BE(bytes.length - batchPrefixBytes, batchAt.length)
  bytes[batchAt.attributes + 1]! |= codec
  return bytes
}

export const first = (recordSet: Buffer): RecordBatch => [...batchesIn(recordSet)][0]!

export const aborted = (producerId: number, firstOffset: number): AbortedTransaction => ({ producerId, firstOffset })
