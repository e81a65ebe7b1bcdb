import { LogError } from '../../errors.ts'
import type { Headers, LogRecord, TopicPartition } from '../../record/record.ts'
import { attribute, batchAt, batchPrefixBytes, readInt64 } from './batch-format.ts'
import { decompress } from './codecs.ts'
import { HeaderReader } from './header-reader.ts'

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

const noHeaders: Headers = Object.freeze({})
const headerReader = new HeaderReader()

/** The cursor of `readVarInt`: where it goes on. */
let cursor = 0

/**
 * Appends the batch's records with an offset of `fromOffset` or above to `into`, and returns it. Keys, values and
 * headers are views of the response's memory, not copies.
 */
export function readRecords(
  batch: RecordBatch,
  { topic, partition }: TopicPartition,
  fromOffset: number,
  into: LogRecord[],
): LogRecord[] {
  const { bytes, baseOffset } = batch
  const attributes = bytes.readInt16BE(batchAt.attributes)
  const baseTimestampMs = readInt64(bytes, batchAt.baseTimestamp)
  const appendTimeMs = attributes & attribute.logAppendTime ? readInt64(bytes, batchAt.maxTimestamp) : undefined
  const codec = attributes & attribute.codec
  const records = codec === 0 ? bytes : decompress(codec, bytes.subarray(batchAt.records))
  cursor = codec === 0 ? batchAt.records : 0
  for (let left = bytes.readInt32BE(batchAt.recordCount); left > 0; left--) {
    const length = readVarInt(records)
    const end = cursor + length
    cursor++
    const deltaMs = readVarLong(records)
    const offset = baseOffset + readVarInt(records)
    if (offset >= fromOffset) {
      const key = readField(records)
      const value = readField(records)
      const count = readVarInt(records)
      const headers = count === 0 ? noHeaders : readHeaders(records, count)
      into.push({
        topic,
        partition,
        offset,
        timestampMs: appendTimeMs ?? baseTimestampMs + deltaMs,
        key,
        value,
        headers,
      })
    }
    cursor = end
  }
  return into
}

function readHeaders(bytes: Buffer, count: number): Headers {
  const headers: Record<string, Buffer> = {}
  for (let i = 0; i < count; i++) {
    const nameLength = readVarInt(bytes)
    const name = headerReader.name(bytes, cursor, nameLength, i)
    cursor += nameLength
    const value = readField(bytes) ?? Buffer.alloc(0)
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true })
    else headers[name] = value
  }
  return headers
}

function readField(bytes: Buffer): Buffer | null {
  const length = readVarInt(bytes)
  if (length < 0) return null
  const from = cursor
  cursor += length
  return bytes.subarray(from, cursor)
}

function readVarInt(bytes: Buffer): number {
  let bits = bytes[cursor++]!
  if (bits >= 0x80) {
    bits &= 0x7f
    for (let shift = 7; ; shift += 7) {
      const byte = bytes[cursor++]!
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
  }
  return (bits >>> 1) ^ -(bits & 1)
}

/** A zigzag integer that may take more than 32 bits, such as the distance of two times. */
function readVarLong(bytes: Buffer): number {
  let low = 0
  let high = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor++]!
    if (shift < 28) low += (byte & 0x7f) << shift
    else high += (byte & 0x7f) * 2 ** (shift - 28)
    if (byte < 0x80) break
  }
  // Together they are the zigzag number high * 2^28 + low, of which bit 0 is the sign.
  const half = high * 0x800_0000 + (low >>> 1)
  return low & 1 ? -half - 1 : half
}
