import type { OutgoingRecord, Packed, TopicPartition } from '../record.ts'
import { PackedFields } from './packed-fields.ts'

/** Where a record goes. */
export type PackedPlace = TopicPartition & Pick<OutgoingRecord, 'isOutput'>

/** A record on its way to a log whose fields lie packed already: a log that speaks Kafka's format copies them as one piece. */
export class PackedRecord extends PackedFields implements OutgoingRecord {
  readonly topic: string
  readonly partition: number
  readonly isOutput: boolean
  /** Behind the last header. */
  readonly to: number

  constructor({ topic, partition, isOutput = false }: PackedPlace, bytes: Buffer, from: number, to: number) {
    super(bytes, from)
    this.topic = topic
    this.partition = partition
    this.isOutput = isOutput
    this.to = to
  }

  get packed(): Packed {
    return this
  }
}

/** The record with its fields as its own, as it can go to another thread or process. */
export function unpacked(record: OutgoingRecord): OutgoingRecord {
  if (record.packed === undefined) return record
  const { topic, partition, key, value, headers } = record
  return { topic, partition, key, value, headers }
}
