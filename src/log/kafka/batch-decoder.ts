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

/** Reads a batch's records one after another. They keep the response's memory. */
export class BatchCursor {
  readonly #baseOffset: number
  readonly #baseTimestampMs: number
  readonly #appendTimeMs: number | undefined
  readonly #records: Buffer
  #at: number
  #left: number

  /** @throws LogError `record-format-unsupported` for a compression that is not known */
  constructor({ bytes, baseOffset }: RecordBatch) {
    const attributes = bytes.readInt16BE(batchAt.attributes)
    const codec = attributes & attribute.codec
    this.#baseOffset = baseOffset
    this.#baseTimestampMs = readInt64(bytes, batchAt.baseTimestamp)
    this.#appendTimeMs = attributes & attribute.logAppendTime ? readInt64(bytes, batchAt.maxTimestamp) : undefined
    this.#records = codec === 0 ? bytes : decompress(codec, bytes.subarray(batchAt.records))
    this.#at = codec === 0 ? batchAt.records : 0
    this.#left = bytes.readInt32BE(batchAt.recordCount)
  }

  get isAtEnd(): boolean {
    return this.#left <= 0
  }

  /** Appends to `into` what has an offset of `fromOffset` or above, until it has `most` records. */
  read(partition: TopicPartition, fromOffset: number, into: LogRecord[], most = Number.POSITIVE_INFINITY): void {
    const records = this.#records
    for (; this.#left > 0 && into.length < most; this.#left--) {
      varInts.at = this.#at
      const length = varInts.read(records)
      this.#at = varInts.at + length
      varInts.at++
      const deltaMs = varInts.readLong(records)
      const offset = this.#baseOffset + varInts.read(records)
      if (offset < fromOffset) continue
      const timestampMs = this.#appendTimeMs ?? this.#baseTimestampMs + deltaMs
      into.push(new FetchedRecord(partition, { offset, timestampMs }, records, varInts.at))
    }
  }
}

/** Appends the batch's records with an offset of `fromOffset` or above to `into`, and returns it. */
export function readRecords(
  batch: RecordBatch,
  partition: TopicPartition,
  fromOffset: number,
  into: LogRecord[],
): LogRecord[] {
  new BatchCursor(batch).read(partition, fromOffset, into)
  return into
}
