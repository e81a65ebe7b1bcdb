import type { Viewable } from './field-view.ts'
import type { Accepted } from './ingested.ts'

/** Header names are lower case; of a header that occurs twice the last one counts. */
export type Headers = Readonly<Record<string, Buffer>>

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record as a log holds it. `timestampMs` is the log's own (Kafka's record timestamp), not the event's time. */
export interface LogRecord extends TopicPartition {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  /** What ingress finds by its headers, where that is known already; nothing else of them is then passed on. */
  readonly ingested?: Accepted
  /**
   * There where key, value and headers are made when somebody asks for them: whoever asks only in passing reads them in
   * place (`viewOfHeader`). A spread of such a record has none of them; `MovedRecord` has.
   */
  readonly inPlace?: Viewable
}

/** A record on its way to a log. Without `timestampMs` the log's adapter stamps it with the wall clock. */
export interface OutgoingRecord extends TopicPartition {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  readonly timestampMs?: number
  /**
   * There where the fields lie packed, from the key's length to behind the last header (`PackedRecord`). A spread of such a
   * record has no fields.
   */
  readonly packed?: Packed
  /** No source takes it: a task that reads the topic it writes to may leave it out (`PartitionReader.leaveOut`). Default false. */
  readonly isOutput?: boolean
}

/** `bytes[from, to)`. */
export interface Packed {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

/** `topic-partition`, Kafka's way of naming one. */
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
