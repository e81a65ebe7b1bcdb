import { passFailPoint } from '../../fail-points.ts'
import type { CommittedOffset } from '../log.ts'
import { append, type PartitionShare, rowPut } from './append.ts'
import { committedPut } from './committed.ts'
import type { Put } from './database.ts'
import { abortedKey } from './keys.ts'
import type { Partition } from './partition.ts'
import { encodeMarker, type MarkerKind, type Row } from './rows.ts'
import type { LogStorage } from './storage.ts'

/**
 * One open transaction. Its records have their offsets at once and are held in memory for `read-uncommitted` readers;
 * its end writes them, its markers and its offsets in one batch. So a crash leaves nothing of an open transaction.
 */
export class Transaction {
  readonly #storage: LogStorage
  readonly #id: number
  readonly #rows = new Map<Partition, Row[]>()
  readonly #offsets: Put[] = []

  constructor(storage: LogStorage) {
    this.#storage = storage
    this.#id = storage.nextTransaction()
  }

  /** `offsets` gets each record's offset at its place in the send. */
  append(share: PartitionShare, offsets: number[]): void {
    const { partition } = share
    const nowMs = this.#storage.clock.nowMs()
    const { firstOffset, rows } = append(share, { transaction: this.#id, nowMs, offsets })
    partition.hold(this.#id, firstOffset, rows)
    const own = this.#rows.get(partition)
    if (own === undefined) this.#rows.set(partition, [...rows])
    else own.push(...rows)
  }

  addOffsets(groupId: string, offsets: readonly CommittedOffset[]): void {
    for (const offset of offsets) this.#offsets.push(committedPut(groupId, offset))
  }

  /** Synced when it commits: an aborted transaction that a power cut takes away was never there. */
  async end(kind: MarkerKind): Promise<void> {
    const operations: Put[] = kind === 'commit' ? this.#offsets : []
    const markers = [...this.#rows].map(([partition, rows]) => {
      for (const row of rows) operations.push(rowPut(partition, row))
      const offset = partition.take(1)
      operations.push(rowPut(partition, encodeMarker(kind, this.#id, offset)))
      if (kind === 'abort') operations.push(this.#noteAborted(partition, offset))
      return { partition, offset }
    })
    if (operations.length > 0) await this.#storage.commits.write(operations, kind === 'commit')
    if (kind === 'commit') passFailPoint('end-transaction-unanswered')
    for (const { partition, offset } of markers) {
      partition.release(this.#id)
      partition.written(offset)
    }
  }

  #noteAborted(partition: Partition, marker: number): Put {
    partition.noteAborted(this.#id, marker)
    const value = Buffer.alloc(8)
    value.writeDoubleBE(marker)
    return { type: 'put', key: abortedKey(partition.topicId, partition.partition, this.#id), value }
  }
}
