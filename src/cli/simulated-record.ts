import { eventHeaders } from '../record/headers.ts'
import { partitionFor } from '../record/murmur2.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { SimulatedEvent } from '../replay/simulator/event.ts'

/** The simulated event as a service would write it: headers for the outside, the payload as JSON. */
export function recordOf(event: SimulatedEvent, topic: string, partitions: number): OutgoingRecord {
  const key = Buffer.from(event.key)
  return {
    topic,
    partition: partitionFor(key, partitions),
    key,
    value: Buffer.from(JSON.stringify(event.payload)),
    headers: eventHeaders(event),
  }
}
