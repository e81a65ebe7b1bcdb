import type { LogRecord } from '../../record/record.ts'
import type { Isolation } from '../log.ts'
import type { LogDatabase } from './database.ts'
import { lastOffsetOfKey, rowKey } from './keys.ts'
import type { Partition } from './partition.ts'
import { type Row, RowCursor } from './rows.ts'

export interface ChunkRequest {
  readonly partition: Partition
  /** Below `end`. */
  readonly position: number
  /** Where the reader's isolation ends; exclusive. */
  readonly end: number
  readonly isolation: Isolation
  readonly maxBytes: number
}

export interface Chunk {
  readonly records: readonly LogRecord[]
  /** Above `position`. */
  readonly nextOffset: number
}

/** Reads at least one record or passes what is hidden from the reader, up to about `maxBytes`. */
export async function readChunk(db: LogDatabase, request: ChunkRequest): Promise<Chunk> {
  const { partition, position, end, isolation, maxBytes } = request
  // Taken before the database is read: a row that moves there meanwhile is seen twice rather than never.
  const held = isolation === 'read-uncommitted' ? heldRows(partition, position, end) : []
  const aborted = isolation === 'read-committed' ? partition.aborted : undefined
  const stored = await storedRows(db, request)
  const rows = held.length === 0 ? stored.rows : merge(stored, held)

  const records: LogRecord[] = []
  let bytes = 0
  for (const row of rows) {
    const cursor = new RowCursor(row, partition)
    if (cursor.isMarker || aborted?.has(cursor.transaction)) continue
    cursor.skipTo(position)
    for (let from = cursor.at, record = cursor.next(); record !== undefined; record = cursor.next()) {
      bytes += cursor.at - from
      if (bytes > maxBytes && records.length > 0) return { records, nextOffset: record.offset }
      records.push(record)
      from = cursor.at
    }
  }
  return { records, nextOffset: stored.complete ? end : rows.at(-1)!.lastOffset + 1 }
}

interface StoredRows {
  readonly rows: Row[]
  /** The rows reach the request's end. */
  readonly complete: boolean
}

async function storedRows(db: LogDatabase, { partition, position, end, maxBytes }: ChunkRequest): Promise<StoredRows> {
  const { topicId, partition: number } = partition
  const iterator = db.iterator({
    gte: rowKey(topicId, number, position),
    lt: rowKey(topicId, number, end),
    highWaterMarkBytes: maxBytes,
  })
  try {
    const rows: Row[] = []
    for (let bytes = 0; bytes < maxBytes; ) {
      const entries = await iterator.nextv(64)
      if (entries.length === 0) return { rows, complete: true }
      for (const [key, value] of entries) {
        rows.push({ lastOffset: lastOffsetOfKey(key), bytes: value })
        bytes += value.length
      }
    }
    return { rows, complete: false }
  } finally {
    await iterator.close()
  }
}

const heldRows = (partition: Partition, position: number, end: number): Row[] =>
  partition.heldRows().filter((row) => row.lastOffset >= position && row.lastOffset < end)

/** Both in offset order, each row once, as far as the stored ones were read. */
function merge(stored: StoredRows, held: readonly Row[]): Row[] {
  const reached = stored.complete ? Number.POSITIVE_INFINITY : stored.rows.at(-1)!.lastOffset
  const rows = new Map<number, Row>()
  for (const row of held) if (row.lastOffset <= reached) rows.set(row.lastOffset, row)
  for (const row of stored.rows) rows.set(row.lastOffset, row)
  return [...rows.values()].sort((a, b) => a.lastOffset - b.lastOffset)
}
