/**
 * Fills a topic with card events, of which a share is noise: records of a type that no rule names, of about the same size.
 * `node bench/growth/fill.ts BROKERS TOPIC PARTITIONS RECORDS NOISE` (noise in percent). In a process of its own, so that its
 * memory goes with it.
 */
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'

const atATime = 2_000
const cards = 20_000
const [brokers = '', topic = '', partitionsText, recordsText, noiseText] = process.argv.slice(2)
const [partitions, records, noise] = [Number(partitionsText), Number(recordsText), Number(noiseText) / 100]
const log = await openKafkaLog({ brokers: brokers.split(',') })
await log.createTopic({ topic, partitions, config: { 'retention.ms': '-1' } })
const producer = await log.openProducer()

/** Records that the rule reads and noise, evenly mixed. The last of each partition are events: its end gets committed. */
function* mixed(): Generator<OutgoingRecord> {
  let n = 0
  let due = 1
  for (const event of cardEvents({ events: records, cards, seed: 1 })) {
    if (event.kind !== 'business') continue
    const isNoise = n < records - 10 * partitions && due < 1
    due += isNoise ? 1 - noise : -noise
    const type = isNoise ? 'page.viewed' : event.type
    yield outgoingOf({ ...event, type, id: `r-${n}` }, topic)
    if (++n >= records) return
  }
}

let batch: OutgoingRecord[] = []
for (const record of mixed()) {
  batch.push({ ...record, partition: partitionFor(record.key!, partitions) })
  if (batch.length < atATime) continue
  await producer.send(batch)
  batch = []
}
if (batch.length > 0) await producer.send(batch)
await producer.close()
await log.close()
