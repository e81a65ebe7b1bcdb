/**
 * Fills a topic with card events, in a process of its own so that its memory goes with it.
 * `node bench/broker/fill.ts BROKERS TOPIC EVENTS CARDS SEED`
 */
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'

const atATime = 2_000
const [brokers = '', topic = '', events, cards, seed] = process.argv.slice(2)
const log = await openKafkaLog({ brokers: brokers.split(',') })
await log.createTopic({ topic, partitions: 1, config: { 'retention.ms': '-1' } })
const producer = await log.openProducer()
let batch: OutgoingRecord[] = []
for (const event of cardEvents({ events: Number(events), cards: Number(cards), seed: Number(seed) })) {
  batch.push(outgoingOf(event, topic))
  if (batch.length < atATime) continue
  await producer.send(batch)
  batch = []
}
if (batch.length > 0) await producer.send(batch)
await producer.close()
await log.close()
