import { varIntBytes, varLongBytes, writeVarInt, writeVarLong } from '../../record/packed/var-ints.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import { attribute, batchAt, batchPrefixBytes, writeInt64 } from './batch-format.ts'
import { crc32c } from './crc32c.ts'

/** Who writes a batch: fencing and the broker's duplicate check go by these. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactional: boolean
}

/** A record's length, attributes, timestamp and position with all the bytes they may take. */
const prefixBound = 5 + 1 + 10 + 5

/** The largest a record can become in a batch: its timestamp and position count with all the bytes they may take. */
export function recordBytesBound(record: OutgoingRecord): number {
  if (record.packed !== undefined) return prefixBound + record.packed.to - record.packed.from
  let bytes = prefixBound + 5 + (record.key?.length ?? 0) + 5 + (record.value?.length ?? 0) + 5
  for (const name in record.headers) bytes += 10 + nameBytes(name).length + record.headers[name]!.length
  return bytes
}

/** The largest that a batch of these records can become. */
export const batchBytesBound = (records: readonly OutgoingRecord[]): number =>
  records.reduce<number>((bytes, record) => bytes + recordBytesBound(record), batchAt.records)

/** A batch without records: what is added to the records' bytes. */
export const batchOverheadBytes = batchAt.records

export interface BatchPlace {
  /** The first record's; wraps beyond 2^31 − 1. */
  readonly firstSequence: number
  /** For records without a timestamp. */
  readonly nowMs: number
  /** Of `batchOverheadBytes` and the records' `recordBytesBound`, or more. */
  readonly memory: Buffer
}

/** Encodes records of one partition as one uncompressed batch, which lies in the memory given. */
export function encodeBatch(
  records: readonly OutgoingRecord[],
  { producerId, producerEpoch, transactional }: ProducerIdentity,
  { firstSequence, nowMs: defaultTimestampMs, memory: batch }: BatchPlace,
): Buffer {
  const baseTimestampMs = records[0]?.timestampMs ?? defaultTimestampMs
  let maxTimestampMs = baseTimestampMs
  let at: number = batchAt.records
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    const timestampMs = record.timestampMs ?? defaultTimestampMs
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs
    at = writeRecord(batch, at, record, timestampMs - baseTimestampMs, i)
  }
  writeInt64(batch, 0, batchAt.baseOffset)
  batch.writeInt32BE(at - batchPrefixBytes, batchAt.length)
  batch.writeInt32BE(-1, batchPrefixBytes)
  batch[batchAt.magic] = 2
  batch.writeInt16BE(transactional ? attribute.transactional : 0, batchAt.attributes)
  batch.writeInt32BE(records.length - 1, batchAt.lastOffsetDelta)
  writeInt64(batch, baseTimestampMs, batchAt.baseTimestamp)
  writeInt64(batch, maxTimestampMs, batchAt.maxTimestamp)
  writeInt64(batch, producerId, batchAt.producerId)
  batch.writeInt16BE(producerEpoch, batchAt.producerEpoch)
  batch.writeInt32BE(firstSequence, batchAt.baseSequence)
  batch.writeInt32BE(records.length, batchAt.recordCount)
  batch.writeUInt32BE(crc32c(batch, batchAt.attributes, at), batchAt.crc)
  return batch.subarray(0, at)
}

function writeRecord(batch: Buffer, from: number, record: OutgoingRecord, deltaMs: number, index: number): number {
  const { packed } = record
  const prefix = 1 + varLongBytes(deltaMs) + varIntBytes(index)
  if (packed !== undefined) {
    const at = writePrefix(batch, from, { bytes: prefix + packed.to - packed.from, deltaMs, index })
    return at + packed.bytes.copy(batch, at, packed.from, packed.to)
  }
  const { key, value, headers } = record
  let bytes = prefix + fieldBytes(key) + fieldBytes(value)
  let headerCount = 0
  for (const name in headers) {
    headerCount++
    bytes += fieldBytes(nameBytes(name)) + fieldBytes(headers[name]!)
  }
  let at = writePrefix(batch, from, { bytes: bytes + varIntBytes(headerCount), deltaMs, index })
  at = writeField(batch, at, key)
  at = writeField(batch, at, value)
  at = writeVarInt(batch, at, headerCount)
  for (const name in headers) at = writeField(batch, writeField(batch, at, nameBytes(name)), headers[name]!)
  return at
}

interface RecordPrefix {
  /** Behind the length. */
  readonly bytes: number
  readonly deltaMs: number
  readonly index: number
}

function writePrefix(batch: Buffer, from: number, { bytes, deltaMs, index }: RecordPrefix): number {
  const at = writeVarInt(batch, from, bytes)
  batch[at] = 0
  return writeVarInt(batch, writeVarLong(batch, at + 1, deltaMs), index)
}

const shortField = 24

const fieldBytes = (field: Buffer | null): number => (field === null ? 1 : varIntBytes(field.length) + field.length)

function writeField(batch: Buffer, from: number, field: Buffer | null): number {
  if (field === null) return writeVarInt(batch, from, -1)
  const at = writeVarInt(batch, from, field.length)
  // Calling into native code costs more than copying the few bytes of most names and headers.
  if (field.length > shortField) batch.set(field, at)
  else for (let i = 0; i < field.length; i++) batch[at + i] = field[i]!
  return at + field.length
}

const knownNames = new Map<string, Buffer>()
const knownNamesLimit = 1000

/** A header name's bytes; there are few names, so they are kept. */
function nameBytes(name: string): Buffer {
  let bytes = knownNames.get(name)
  if (bytes === undefined) {
    bytes = Buffer.from(name)
    if (knownNames.size < knownNamesLimit) knownNames.set(name, bytes)
  }
  return bytes
}
