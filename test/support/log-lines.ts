import type { LogClient } from '../../src/log/log.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import type { LogRecord, OutgoingRecord, TopicPartition } from '../../src/record/record.ts'

/** An event in the form of a JSON line. */
export interface Line {
  readonly kind: string
  readonly type: string
  readonly id: string
  readonly key: string
  readonly time: number | string
  readonly payload: unknown
}

const bytes = (text: string): Buffer => Buffer.from(text)

export function recordOf(
  { kind, type, id, key, time, payload }: Line,
  topic: string,
  partitions: number,
): OutgoingRecord {
  return {
    topic,
    partition: partitionFor(bytes(key), partitions),
    key: bytes(key),
    value: bytes(JSON.stringify(payload)),
    headers: { kind: bytes(kind), type: bytes(type), id: bytes(id), time: bytes(String(time)) },
  }
}

/** Sends the lines in order, as another process would. */
export async function sendLines(log: LogClient, topic: string, lines: readonly Line[], atATime = 1_000): Promise<void> {
  const { partitions } = (await log.describeTopic(topic))!
  const producer = await log.openProducer()
  for (let start = 0; start < lines.length; start += atATime) {
    await producer.send(lines.slice(start, start + atATime).map((line) => recordOf(line, topic, partitions)))
  }
  await producer.close()
}

/** All committed records of a topic, partition by partition, up to the end it has now. */
export async function readTopic(log: LogClient, topic: string): Promise<LogRecord[]> {
  const { partitions } = (await log.describeTopic(topic))!
  const records: LogRecord[] = []
  for (let partition = 0; partition < partitions; partition++)
    for (const record of await readPartition(log, { topic, partition })) records.push(record)
  return records
}

/** All committed records of one partition up to the end it has now. */
export async function readPartition(log: LogClient, at: TopicPartition): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const end = await log.endOffset(at, 'read-committed')
  const reader = await log.openReader({ ...at, offset: await log.startOffset(at), isolation: 'read-committed' })
  while (reader.position < end) records.push(...(await reader.poll(100)).records)
  await reader.close()
  return records
}
