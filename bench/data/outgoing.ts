import { eventHeaders } from '../../src/record/headers.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import type { BenchEvent } from './card-events.ts'

/** The event as a service would write it to partition 0 of a topic. */
export const outgoingOf = (event: BenchEvent, topic: string): OutgoingRecord => ({
  topic,
  partition: 0,
  key: Buffer.from(event.key),
  value: Buffer.from(JSON.stringify(event.payload)),
  headers: eventHeaders(event),
  timestampMs: event.timestampMs,
})
