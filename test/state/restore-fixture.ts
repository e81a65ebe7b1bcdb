import { keyBytes } from '../../src/state/keys.ts'
import type { ChangelogBatch } from '../../src/state/restore.ts'

/** The position behind the last batch of `restoreBatches`. */
export const restoreEnd = 100

/** Ten batches of ten offsets: nine records, one of them a deletion, and a marker. */
export async function* restoreBatches(from: number): AsyncGenerator<ChangelogBatch> {
  for (let offset = from; offset < restoreEnd; offset += 10) {
    yield {
      entries: Array.from({ length: 9 }, (_, n) => ({
        key: keyBytes(n === 8 ? `k${offset - 10}-0` : `k${offset}-${n}`),
        value: n === 8 ? null : Buffer.from(`"${offset}"`),
      })),
      nextOffset: offset + 10,
    }
  }
}
