/**
 * Fills a topic with card events, in a process of its own so that its memory goes with it.
 * `node bench/broker/fill.ts BROKERS TOPIC EVENTS CARDS SEED`
 */
import type { OutgoingRecord } from '../../src/record/record.ts'
import { cardEvents } from '../data/card-events.ts'
import { fillTopic } from '../data/fill-topic.ts'
import { outgoingOf } from '../data/outgoing.ts'

const [brokers = '', topic = '', events, cards, seed] = process.argv.slice(2)

function* records(): Generator<OutgoingRecord> {
  for (const event of cardEvents({ events: Number(events), cards: Number(cards), seed: Number(seed) }))
    yield outgoingOf(event, topic)
}

await fillTopic(brokers, { topic, partitions: 1 }, records())
