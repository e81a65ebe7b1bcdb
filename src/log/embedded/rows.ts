import type { Headers, LogRecord, OutgoingRecord, TopicPartition } from '../../record/record.ts'

/**
 * A row: consecutive records of one send, or one marker, or what compaction left of other rows, that share a key in the
 * database.
 *
 * Layout: kind (1 byte), transaction (double, 0 for none), count (uint32), then per record: (in rows with gaps only, how
 * far it lies before the last offset, uint32,) timestamp (double), key, value (each int32 length, −1 for null, and
 * bytes), number of headers (uint32), per header name and value (each uint32 length and bytes). Numbers are big-endian.
 */
export interface Row {
  readonly lastOffset: number
  readonly bytes: Buffer
}

const headBytes = 1 + 8 + 4
/** Rows end at about this size: a reader with a small `maxBytes` decodes no more than one too much. */
const targetRowBytes = 32 * 1024
const longestGap = 2 ** 32 - 1

const kinds = { records: 0, commit: 1, abort: 2, gaps: 3 } as const
export type MarkerKind = 'commit' | 'abort'

const bytesOf = (buffer: Buffer | null): number => 4 + (buffer?.length ?? 0)

/** How many bytes the record takes in a row. */
export function encodedBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = 8 + bytesOf(key) + bytesOf(value) + 4
  for (const name in headers) bytes += 8 + Buffer.byteLength(name) + headers[name]!.length
  return bytes
}

export interface RowPlacement {
  readonly firstOffset: number
  /** 0 for none. */
  readonly transaction: number
  /** For records without a timestamp of their own. */
  readonly nowMs: number
}

/** The records as rows at consecutive offsets. `sizes` are their `encodedBytes`. */
export function encodeRows(
  records: readonly OutgoingRecord[],
  sizes: readonly number[],
  { firstOffset, transaction, nowMs }: RowPlacement,
): Row[] {
  const rows: Row[] = []
  for (let start = 0; start < records.length; ) {
    let end = start
    let size = headBytes
    do size += sizes[end++]!
    while (end < records.length && size + sizes[end]! <= targetRowBytes)
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = writeHead(bytes, kinds.records, transaction, end - start)
    for (let i = start; i < end; i++) at = writeRecord(bytes, at, records[i]!, nowMs)
    rows.push({ lastOffset: firstOffset + end - 1, bytes })
    start = end
  }
  return rows
}

/** Committed records, in offset order, as rows that keep their offsets. */
export function encodeWithGaps(records: readonly LogRecord[]): Row[] {
  const rows: Row[] = []
  for (let start = 0; start < records.length; ) {
    let end = start
    let size = headBytes
    while (end < records.length) {
      const record = records[end]!
      const bytes = 4 + encodedBytes(record)
      const fits = size + bytes <= targetRowBytes && record.offset - records[start]!.offset <= longestGap
      if (end > start && !fits) break
      size += bytes
      end++
    }
    const { offset: lastOffset } = records[end - 1]!
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = writeHead(bytes, kinds.gaps, 0, end - start)
    for (let i = start; i < end; i++) {
      at = bytes.writeUInt32BE(lastOffset - records[i]!.offset, at)
      at = writeRecord(bytes, at, records[i]!, 0)
    }
    rows.push({ lastOffset, bytes })
    start = end
  }
  return rows
}

export function encodeMarker(kind: MarkerKind, transaction: number, offset: number): Row {
  const bytes = Buffer.allocUnsafeSlow(headBytes)
  writeHead(bytes, kinds[kind], transaction, 1)
  return { lastOffset: offset, bytes }
}

function writeHead(bytes: Buffer, kind: number, transaction: number, count: number): number {
  bytes[0] = kind
  bytes.writeDoubleBE(transaction, 1)
  return bytes.writeUInt32BE(count, 9)
}

function writeRecord(bytes: Buffer, start: number, record: OutgoingRecord, nowMs: number): number {
  let at = bytes.writeDoubleBE(record.timestampMs ?? nowMs, start)
  at = writeNullable(bytes, at, record.key)
  at = writeNullable(bytes, at, record.value)
  const countAt = at
  let count = 0
  at += 4
  for (const name in record.headers) {
    const length = bytes.write(name, at + 4)
    bytes.writeUInt32BE(length, at)
    at = writeNullable(bytes, at + 4 + length, record.headers[name]!)
    count++
  }
  bytes.writeUInt32BE(count, countAt)
  return at
}

function writeNullable(bytes: Buffer, at: number, buffer: Buffer | null): number {
  if (buffer === null) return bytes.writeInt32BE(-1, at)
  bytes.writeInt32BE(buffer.length, at)
  bytes.set(buffer, at + 4)
  return at + 4 + buffer.length
}

/** Reads a row's records one after the other; their keys, values and headers are views of the row's bytes. */
export class RowCursor {
  readonly transaction: number
  readonly isMarker: boolean
  readonly #bytes: Buffer
  readonly #partition: TopicPartition
  readonly #lastOffset: number
  readonly #hasGaps: boolean
  #left: number
  #at = headBytes

  constructor({ bytes, lastOffset }: Row, partition: TopicPartition) {
    this.#bytes = bytes
    this.#partition = partition
    this.#lastOffset = lastOffset
    this.#hasGaps = bytes[0] === kinds.gaps
    this.isMarker = bytes[0] !== kinds.records && !this.#hasGaps
    this.transaction = bytes.readDoubleBE(1)
    this.#left = bytes.readUInt32BE(9)
  }

  /** Records that are still to come; a marker counts as one. */
  get left(): number {
    return this.#left
  }

  /** How far the cursor is in the row, in bytes. */
  get at(): number {
    return this.#at
  }

  /** Passes the records below `offset`. */
  skipTo(offset: number): void {
    while (this.#left > 0 && this.#offset() < offset) this.next()
  }

  /** The next record; `undefined` behind the last. */
  next(): LogRecord | undefined {
    if (this.#left === 0) return undefined
    const offset = this.#offset()
    if (this.#hasGaps) this.#at += 4
    this.#left--
    const timestampMs = this.#bytes.readDoubleBE(this.#at)
    this.#at += 8
    const key = this.#nullable()
    const value = this.#nullable()
    const { topic, partition } = this.#partition
    return { topic, partition, offset, timestampMs, key, value, headers: this.#headers() }
  }

  /** The next record's. */
  #offset(): number {
    return this.#lastOffset - (this.#hasGaps ? this.#bytes.readUInt32BE(this.#at) : this.#left - 1)
  }

  #nullable(): Buffer | null {
    const length = this.#bytes.readInt32BE(this.#at)
    this.#at += 4
    if (length < 0) return null
    const buffer = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return buffer
  }

  #headers(): Headers {
    const headers: Record<string, Buffer> = {}
    let left = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    for (; left > 0; left--) {
      const length = this.#bytes.readUInt32BE(this.#at)
      const name = this.#bytes.toString('utf8', this.#at + 4, this.#at + 4 + length)
      this.#at += 4 + length
      const value = this.#nullable()!
      // Assigning would change the object's prototype instead.
      if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true })
      else headers[name] = value
    }
    return headers
  }
}
