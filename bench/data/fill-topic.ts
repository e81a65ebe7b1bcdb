import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'

const atATime = 2_000

/** Creates a topic and sends the records to it in their order. @param brokers addresses, with commas between them */
export async function fillTopic(
  brokers: string,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  records: Iterable<OutgoingRecord>,
): Promise<void> {
  const log = await openKafkaLog({ brokers: brokers.split(',') })
  await log.createTopic({ topic, partitions, config: { 'retention.ms': '-1' } })
  const producer = await log.openProducer()
  let batch: OutgoingRecord[] = []
  for (const record of records) {
    batch.push(record)
    if (batch.length < atATime) continue
    await producer.send(batch)
    batch = []
  }
  if (batch.length > 0) await producer.send(batch)
  await producer.close()
  await log.close()
}
