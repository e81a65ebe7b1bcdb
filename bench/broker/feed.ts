/**
 * Sends card events at a fixed rate, whatever becomes of them: each carries the moment at which it was due as its
 * timestamp, so that a wait for a slow system counts in full. `node bench/broker/feed.ts BROKERS TOPIC RATE SECONDS CARDS`
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { systemClock } from '../../src/time/clock.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'

const [brokers = '', topic = '', rate, seconds, cards] = process.argv.slice(2)
const everyMs = 1000 / Number(rate)
const log = await openKafkaLog({ brokers: brokers.split(',') })
const producer = await log.openProducer()
const events = Number(rate) * Number(seconds)
const startMs = systemClock.nowMs()
let due: OutgoingRecord[] = []
let sent = 0

async function send(): Promise<void> {
  const batch = due
  due = []
  if (batch.length > 0) await producer.send(batch)
}

for (const event of cardEvents({ events, cards: Number(cards), seed: 1 })) {
  const dueMs = startMs + Math.floor(sent * everyMs)
  if (event.kind === 'business') sent++
  while (dueMs > systemClock.nowMs()) {
    if (due.length > 0) await send()
    else await delay(1)
  }
  due.push(outgoingOf({ ...event, timestampMs: dueMs }, topic))
}
await send()
await producer.close()
await log.close()
