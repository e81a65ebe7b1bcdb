import { PackedFields } from '../../record/packed/packed-fields.ts'
import type { LogRecord, TopicPartition } from '../../record/record.ts'

/** A record as it lies in a fetch's memory, which it keeps. */
export class FetchedRecord extends PackedFields implements LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number

  constructor(
    { topic, partition }: TopicPartition,
    { offset, timestampMs }: Pick<LogRecord, 'offset' | 'timestampMs'>,
    bytes: Buffer,
    from: number,
  ) {
    super(bytes, from)
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.timestampMs = timestampMs
  }
}
