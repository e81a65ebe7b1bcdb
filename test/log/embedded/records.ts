import type { Isolation, LogClient, PartitionReader } from '../../../src/log/log.ts'
import type { LogRecord, OutgoingRecord, TopicPartition } from '../../../src/record/record.ts'

export const at: TopicPartition = { topic: 'main', partition: 0 }

export const outgoing = (value: string): OutgoingRecord => ({
  ...at,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: {},
})

export async function append(log: LogClient, ...values: string[]): Promise<readonly number[]> {
  const producer = await log.openProducer()
  const offsets = await producer.send(values.map(outgoing))
  await producer.close()
  return offsets
}

/** All records between the start and the end that the isolation sees now. */
export async function readAll(log: LogClient, isolation: Isolation = 'read-committed'): Promise<LogRecord[]> {
  const [offset, end] = await Promise.all([log.startOffset(at), log.endOffset(at, isolation)])
  const reader = await log.openReader({ ...at, offset, isolation })
  const records = await readTo(reader, end)
  await reader.close()
  return records
}

export async function readTo(reader: PartitionReader, end: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  while (reader.position < end) records.push(...(await reader.poll(1_000)).records)
  return records
}

export const texts = (records: readonly LogRecord[]): string[] => records.map((record) => String(record.value))
