import type { LogRecord, TopicPartition } from '../../record/record.ts'
import type { Isolation } from '../log.ts'
import { AbortedFilter } from './aborted.ts'
import { batchesIn, readRecords } from './batch-decoder.ts'
import type { FetchResponse } from './fetch.ts'

export interface FetchedRecords {
  readonly records: readonly LogRecord[]
  /** Behind the last batch that was read or passed; `fromOffset` when there was none. */
  readonly nextOffset: number
}

/**
 * The records of a fetch that a reader at `fromOffset` sees.
 * @throws LogError `record-format-unsupported` when the first batch cannot be read; before a later one it stops
 */
export function readFetched(
  partition: TopicPartition,
  fromOffset: number,
  isolation: Isolation,
  { recordSet, aborted }: Pick<FetchResponse, 'recordSet' | 'aborted'>,
): FetchedRecords {
  const filter = isolation === 'read-committed' ? new AbortedFilter(aborted) : undefined
  const records: LogRecord[] = []
  let nextOffset = fromOffset
  try {
    for (const batch of batchesIn(recordSet)) {
      const shown = filter === undefined ? !batch.isControl : filter.shows(batch)
      if (shown && batch.lastOffset >= fromOffset) readRecords(batch, partition, fromOffset, records)
      nextOffset = Math.max(nextOffset, batch.lastOffset + 1)
    }
  } catch (error) {
    // What lies before a batch that cannot be read is still delivered; the next fetch begins with that batch.
    if (nextOffset === fromOffset) throw error
  }
  return { records, nextOffset }
}
