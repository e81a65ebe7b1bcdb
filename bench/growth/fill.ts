/**
 * Fills a topic with card events, of which a share is noise: records of a type that no rule names, of about the same size.
 * `node bench/growth/fill.ts BROKERS TOPIC PARTITIONS RECORDS NOISE` (noise in percent). In a process of its own, so that its
 * memory goes with it.
 */
import { partitionFor } from '../../src/record/murmur2.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { cardEvents } from '../data/card-events.ts'
import { fillTopic } from '../data/fill-topic.ts'
import { outgoingOf } from '../data/outgoing.ts'

const cards = 20_000
const [brokers = '', topic = '', partitionsText, recordsText, noiseText] = process.argv.slice(2)
const [partitions, records, noise] = [Number(partitionsText), Number(recordsText), Number(noiseText) / 100]

/** Records that the rule reads and noise, evenly mixed. The last of each partition are events: its end gets committed. */
function* mixed(): Generator<OutgoingRecord> {
  let n = 0
  let due = 1
  for (const event of cardEvents({ events: records, cards, seed: 1 })) {
    if (event.kind !== 'business') continue
    const isNoise = n < records - 10 * partitions && due < 1
    due += isNoise ? 1 - noise : -noise
    const type = isNoise ? 'page.viewed' : event.type
    const record = outgoingOf({ ...event, type, id: `r-${n}` }, topic)
    yield { ...record, partition: partitionFor(record.key!, partitions) }
    if (++n >= records) return
  }
}

await fillTopic(brokers, { topic, partitions }, mixed())
