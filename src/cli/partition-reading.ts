import { LogError } from '../errors.ts'
import type { FetchedBatch, Isolation, LogClient } from '../log/log.ts'
import type { TopicPartition } from '../record/record.ts'

export interface PartitionReading {
  /** First offset to read; an offset that the log no longer holds means its first. */
  readonly from: number
  /** Where to stop, exclusive; without it reading goes on until the signal aborts. */
  readonly to?: number
  readonly signal: AbortSignal
  /** Default `read-committed`. */
  readonly isolation?: Isolation
  /** Called batch by batch, one at a time. Records from `to` on are left out. */
  onBatch(batch: FetchedBatch): Promise<void>
}

const maxWaitMs = 500

/** Reads one partition batch by batch. */
export async function readPartition(
  log: LogClient,
  partition: TopicPartition,
  reading: PartitionReading,
): Promise<void> {
  const { to = Number.POSITIVE_INFINITY, signal, onBatch, isolation = 'read-committed' } = reading
  const offset = Math.max(reading.from, await log.startOffset(partition))
  if (offset >= to || signal.aborted) return
  const reader = await log.openReader({ ...partition, offset, isolation })
  const stop = () => void reader.close()
  signal.addEventListener('abort', stop)
  try {
    while (reader.position < to && !signal.aborted) {
      const batch = await reader.poll(maxWaitMs)
      const records = batch.nextOffset <= to ? batch.records : batch.records.filter((record) => record.offset < to)
      await onBatch({ ...batch, records })
    }
  } catch (error) {
    if (!(signal.aborted && error instanceof LogError && error.code === 'log-closed')) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    await reader.close()
  }
}
