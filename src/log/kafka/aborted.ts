import { isAbortMarker, type RecordBatch } from './batch-decoder.ts'
import type { AbortedTransaction } from './fetch.ts'

/**
 * Tells, batch by batch in offset order, what belongs to an aborted transaction. The broker names the aborted
 * transactions that overlap a fetch; each begins at its first offset and ends at its producer's abort marker, and those
 * of several producers interleave.
 */
export class AbortedFilter {
  readonly #upcoming: readonly AbortedTransaction[]
  readonly #active = new Set<number>()
  #next = 0

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** True when the batch's records are data that a read-committed reader sees. */
  shows(batch: RecordBatch): boolean {
    for (; this.#next < this.#upcoming.length; this.#next++) {
      const transaction = this.#upcoming[this.#next]!
      if (transaction.firstOffset > batch.lastOffset) break
      this.#active.add(transaction.producerId)
    }
    if (batch.isControl) {
      if (this.#active.has(batch.producerId) && isAbortMarker(batch)) this.#active.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && this.#active.has(batch.producerId))
  }
}
