import { LogError } from '../../errors.ts'
import { VarIntReader } from '../../record/packed/var-ints.ts'
import type { LogRecord, TopicPartition } from '../../record/record.ts'
import { attribute, batchAt, batchPrefixBytes, readInt64 } from './batch-format.ts'
import { decompress } from './codecs.ts'
import { FetchedRecord } from './fetched-record.ts'

/** A record batch as it lies in a fetch response: only its header is read until somebody wants the records. */
export interface RecordBatch {
  readonly baseOffset: number
  /** Of the records once written; compaction may have removed them. */
  readonly lastOffset: number
  readonly producerId: number
  readonly isTransactional: boolean
  /** Holds transaction markers, not data. */
  readonly isControl: boolean
  readonly bytes: Buffer
}

/** The batches in a record set, in order. A trailing part of a batch, which a broker may cut off anywhere, is left out. */
export function* batchesIn(recordSet: Buffer): Generator<RecordBatch> {
  for (let at = 0; at + batchAt.records <= recordSet.length; ) {
    const end = at + batchPrefixBytes + recordSet.readInt32BE(at + batchAt.length)
    const magic = recordSet[at + batchAt.magic]
    if (magic !== 2) {
      throw new LogError(
        'record-format-unsupported',
        `record format ${magic} is from before Kafka 0.11: copy the topic with a newer producer`,
      )
    }
    if (end > recordSet.length) return
    const attributes = recordSet.readInt16BE(at + batchAt.attributes)
    const baseOffset = readInt64(recordSet, at)
    yield {
      baseOffset,
      lastOffset: baseOffset + recordSet.readInt32BE(at + batchAt.lastOffsetDelta),
      producerId: readInt64(recordSet, at + batchAt.producerId),
      isTransactional: (attributes & attribute.transactional) !== 0,
      isControl: (attributes & attribute.control) !== 0,
      bytes: recordSet.subarray(at, end),
    }
    at = end
  }
}

/** True for a control batch whose marker ends its producer's transaction as aborted (a marker's type 0; 1 is a commit). */
export function isAbortMarker(batch: RecordBatch): boolean {
  const marker = readRecords(batch, { topic: '', partition: 0 }, batch.baseOffset, [])[0]
  return marker?.key != null && marker.key.length >= 4 && marker.key.readInt16BE(2) === 0
}

const varInts = new VarIntReader()

/**
 * Appends the batch's records with an offset of `fromOffset` or above to `into`, and returns it. They keep the response's
 * memory.
 */
export function readRecords(
  batch: RecordBatch,
  partition: TopicPartition,
  fromOffset: number,
  into: LogRecord[],
): LogRecord[] {
  const { bytes, baseOffset } = batch
  const attributes = bytes.readInt16BE(batchAt.attributes)
  const baseTimestampMs = readInt64(bytes, batchAt.baseTimestamp)
  const appendTimeMs = attributes & attribute.logAppendTime ? readInt64(bytes, batchAt.maxTimestamp) : undefined
  const codec = attributes & attribute.codec
  const records = codec === 0 ? bytes : decompress(codec, bytes.subarray(batchAt.records))
  let at: number = codec === 0 ? batchAt.records : 0
  for (let left = bytes.readInt32BE(batchAt.recordCount); left > 0; left--) {
    varInts.at = at
    const length = varInts.read(records)
    at = varInts.at + length
    varInts.at++
    const deltaMs = varInts.readLong(records)
    const offset = baseOffset + varInts.read(records)
    if (offset < fromOffset) continue
    const timestampMs = appendTimeMs ?? baseTimestampMs + deltaMs
    into.push(new FetchedRecord(partition, { offset, timestampMs }, records, varInts.at))
  }
  return into
}
