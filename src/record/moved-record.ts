import type { Viewable } from './field-view.ts'
import type { Accepted } from './ingested.ts'
import type { Headers, LogRecord } from './record.ts'

/** A record at another offset; its fields are still made only when somebody asks. */
export class MovedRecord implements LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly inPlace?: Viewable
  readonly ingested?: Accepted
  readonly #record: LogRecord

  constructor(record: LogRecord, offset: number) {
    this.topic = record.topic
    this.partition = record.partition
    this.offset = offset
    this.timestampMs = record.timestampMs
    if (record.inPlace !== undefined) this.inPlace = record.inPlace
    if (record.ingested !== undefined) this.ingested = record.ingested
    this.#record = record
  }

  get key(): Buffer | null {
    return this.#record.key
  }

  get value(): Buffer | null {
    return this.#record.value
  }

  get headers(): Headers {
    return this.#record.headers
  }
}
