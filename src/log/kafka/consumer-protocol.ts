import type { TopicPartition } from '../../record/record.ts'
import type { GroupMember, Share } from '../log.ts'
import { byTopic } from './offsets.ts'

/**
 * What members of a "consumer" group tell each other, in the format of Kafka's own consumers, so that Kafka's tools
 * show it (https://kafka.apache.org/documentation/#protocol, ConsumerProtocolSubscription and -Assignment).
 */

/** The version that also has owned partitions and the generation. */
const subscriptionVersion = 2
const assignmentVersion = 0

class Writer {
  readonly #pieces: Buffer[] = []

  int16(value: number): this {
    const piece = Buffer.allocUnsafe(2)
    piece.writeInt16BE(value)
    return this.#push(piece)
  }

  int32(value: number): this {
    const piece = Buffer.allocUnsafe(4)
    piece.writeInt32BE(value)
    return this.#push(piece)
  }

  string(value: string): this {
    const bytes = Buffer.from(value)
    return this.int16(bytes.length).#push(bytes)
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).#push(value)
  }

  partitions(partitions: readonly TopicPartition[]): this {
    const topics = byTopic(partitions, ({ partition }) => partition)
    this.int32(topics.length)
    for (const topic of topics) {
      this.string(topic.topic).int32(topic.partitions.length)
      for (const partition of topic.partitions) this.int32(partition)
    }
    return this
  }

  #push(piece: Buffer): this {
    this.#pieces.push(piece)
    return this
  }

  done(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}

class Scanner {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  string(): string {
    return this.#take(this.int16()).toString()
  }

  bytes(): Buffer {
    return this.#take(Math.max(0, this.int32()))
  }

  *items<T>(read: () => T): Generator<T> {
    for (let left = this.int32(); left > 0; left--) yield read()
  }

  #take(length: number): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

/**
 * A member's subscription. The generation makes each round's differ from the last: the coordinator starts no new round
 * for a follower that says the same again.
 */
export function encodeSubscription(topics: readonly string[], userData: Buffer, generation: number): Buffer {
  const writer = new Writer().int16(subscriptionVersion).int32(topics.length)
  for (const topic of topics) writer.string(topic)
  return writer.bytes(userData).partitions([]).int32(generation).done()
}

export function decodeSubscription(memberId: string, metadata: Buffer): GroupMember {
  const scanner = new Scanner(metadata)
  scanner.int16()
  const topics = [...scanner.items(() => scanner.string())]
  return { memberId, topics, userData: scanner.bytes() }
}

export const encodeAssignment = ({ partitions, userData = Buffer.alloc(0) }: Share): Buffer =>
  new Writer().int16(assignmentVersion).partitions(partitions).bytes(userData).done()

/** An empty buffer is the assignment of a member that the assignor left out. */
export function decodeAssignment(bytes: Buffer): Required<Share> {
  if (bytes.length === 0) return { partitions: [], userData: Buffer.alloc(0) }
  const scanner = new Scanner(bytes)
  scanner.int16()
  const topics = scanner.items(() => {
    const topic = scanner.string()
    return [...scanner.items(() => scanner.int32())].map((partition) => ({ topic, partition }))
  })
  const partitions = [...topics].flat()
  return { partitions, userData: scanner.bytes() }
}
