import { LogError, ProductionError } from '../../errors.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Producer } from '../log.ts'
import { append, rowPut, shareOut } from './append.ts'
import type { Put } from './database.ts'
import type { LogStorage } from './storage.ts'

/** Appends without transactions; each send is synced to the disk, together with others of the same moment. */
export class PlainProducer implements Producer {
  readonly #storage: LogStorage
  #closed = false

  constructor(storage: LogStorage) {
    this.#storage = storage
  }

  async send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    if (this.#closed) throw new LogError('log-closed', 'the producer is closed: open another')
    const storage = this.#storage
    storage.check()
    const shares = shareOut(records, storage.topics)
    if (shares.length === 0) return []
    const offsets = new Array<number>(records.length)
    const operations: Put[] = []
    const taken = shares.map((share) => {
      const { firstOffset, rows } = append(share, { transaction: 0, nowMs: storage.clock.nowMs(), offsets })
      for (const row of rows) operations.push(rowPut(share.partition, row))
      return { partition: share.partition, firstOffset }
    })
    try {
      await storage.commits.write(operations, true)
    } catch (cause) {
      throw new ProductionError('production-failed', `the records were not written: ${String(cause)}`, { cause })
    }
    for (const { partition, firstOffset } of taken) partition.written(firstOffset)
    return offsets
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}
