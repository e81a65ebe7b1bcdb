import { LogError } from '../../errors.ts'
import { nameOf, type TopicPartition } from '../../record/record.ts'
import type { TopicDescription, TopicSpec } from '../log.ts'
import { cleaningOf, decodeCleaning } from './cleaning.ts'
import type { KeyRange, LogDatabase, Write } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import {
  abortedKey,
  cleaningKey,
  lastOffsetOfKey,
  partitionRange,
  prefixRange,
  rowKey,
  startKey,
  topicKey,
  topicOfKey,
  transactionOfKey,
} from './keys.ts'
import { Partition } from './partition.ts'

/** Kafka's default of `max.message.bytes`. */
const defaultMaxMessageBytes = 1_048_588

interface StoredTopic {
  readonly id: number
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
}

export interface Topic {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
  readonly maxMessageBytes: number
  readonly partitions: readonly Partition[]
  /** Resolves when the topic is stored. */
  readonly stored: Promise<void>
}

/** Hears of what others do with the rows that the registry does not know. */
export interface TopicListener {
  /** The partition's end has moved. */
  grown(partition: Partition): void
  /** Everything in the range is deleted. */
  dropped(range: KeyRange): void
}

/** The log's topics and their partitions, all in memory; changes go to the database first. */
export class TopicRegistry {
  readonly #db: LogDatabase
  readonly #commits: GroupCommit
  readonly #topics = new Map<string, Topic>()
  readonly #listener: TopicListener
  #nextId = 1

  constructor(db: LogDatabase, commits: GroupCommit, listener: TopicListener) {
    this.#listener = listener
    this.#db = db
    this.#commits = commits
  }

  async load(): Promise<void> {
    for (const [key, value] of await this.#db.iterator(prefixRange('t')).all()) {
      const stored = JSON.parse(value.toString()) as StoredTopic
      this.#nextId = Math.max(this.#nextId, stored.id + 1)
      const name = topicOfKey(key)
      const partitions = await Promise.all(
        Array.from({ length: stored.partitions }, (_, partition) => this.#load(name, stored, partition)),
      )
      this.#topics.set(name, topicOf({ name, config: stored.config, partitions, stored: Promise.resolve() }))
    }
  }

  async create({ topic: name, partitions, config = {} }: TopicSpec): Promise<'created' | 'exists'> {
    const known = this.#topics.get(name)
    if (known !== undefined) {
      await known.stored
      return 'exists'
    }
    const id = this.#nextId++
    const value = Buffer.from(JSON.stringify({ id, partitions, config } satisfies StoredTopic))
    const stored = this.#commits.write([{ type: 'put', key: topicKey(name), value }], true)
    const empty = Array.from({ length: partitions }, (_, partition) =>
      this.#watched(new Partition({ topic: name, partition, topicId: id, startOffset: 0, nextOffset: 0 }), config),
    )
    this.#topics.set(name, topicOf({ name, config, partitions: empty, stored }))
    await stored
    return 'created'
  }

  names(): string[] {
    return [...this.#topics.keys()].sort()
  }

  describe(name: string): TopicDescription | undefined {
    const topic = this.#topics.get(name)
    if (topic === undefined) return undefined
    return { topic: name, partitions: topic.partitions.length, replicationFactor: 1, config: topic.config }
  }

  /** @throws LogError `topic-missing` */
  topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new LogError('topic-missing', `there is no topic ${name}: create it first`)
    return topic
  }

  /** @throws LogError `topic-missing` */
  partition(at: TopicPartition): Partition {
    const topic = this.topic(at.topic)
    const partition = topic.partitions[at.partition]
    if (partition !== undefined) return partition
    const count = topic.partitions.length
    throw new LogError('topic-missing', `there is no partition ${nameOf(at)}: the topic has ${count}, counted from 0`)
  }

  /** All partitions of those topics that are there, by topic and number. */
  partitionsOf(names: Iterable<string>): TopicPartition[] {
    const known = [...new Set(names)].sort().flatMap((name) => this.#topics.get(name)?.partitions ?? [])
    return known.map(({ topic, partition }) => ({ topic, partition }))
  }

  async deleteBefore(at: TopicPartition, offset: number): Promise<void> {
    const partition = this.partition(at)
    const { topicId, startOffset, highWatermark } = partition
    if (offset > highWatermark) {
      throw new LogError('offset-out-of-range', `${nameOf(at)} ends at offset ${highWatermark}, before ${offset}`, {
        startOffset,
      })
    }
    if (offset <= startOffset) return
    const value = Buffer.alloc(8)
    value.writeDoubleBE(offset)
    const forgotten = partition
      .abortedBefore(offset)
      .map((transaction): Write => ({ type: 'del', key: abortedKey(topicId, at.partition, transaction) }))
    await this.#commits.write([{ type: 'put', key: startKey(topicId, at.partition), value }, ...forgotten], true)
    partition.startAt(Math.max(offset, partition.startOffset))
    await this.#drop(topicId, at.partition, offset)
  }

  /** Rows whose last offset is below; the others hold something that can still be read. */
  async #drop(topicId: number, partition: number, offset: number): Promise<void> {
    const range = { gte: rowKey(topicId, partition, 0), lt: rowKey(topicId, partition, offset) }
    await this.#db.clear(range)
    this.#listener.dropped(range)
  }

  #watched(partition: Partition, config: StoredTopic['config'], stored?: Buffer): Partition {
    partition.cleaning = stored === undefined ? cleaningOf(config) : decodeCleaning(config, stored)
    if (partition.cleaning !== undefined) partition.onGrowth = (grown) => this.#listener.grown(grown)
    return partition
  }

  async #load(topic: string, { id: topicId, config }: StoredTopic, partition: number): Promise<Partition> {
    const rows = partitionRange('r', topicId, partition)
    const [[stored, cleaning], [last], aborted] = await Promise.all([
      this.#db.getMany([startKey(topicId, partition), cleaningKey(topicId, partition)]),
      this.#db.iterator({ ...rows, reverse: true, limit: 1 }).all(),
      this.#db.iterator(partitionRange('a', topicId, partition)).all(),
    ])
    const startOffset = stored?.readDoubleBE() ?? 0
    // A process that ended while it dropped rows left some below the start.
    if (startOffset > 0) await this.#drop(topicId, partition, startOffset)
    const nextOffset = Math.max(startOffset, last === undefined ? 0 : lastOffsetOfKey(last[0]) + 1)
    const loaded = this.#watched(
      new Partition({ topic, partition, topicId, startOffset, nextOffset }),
      config,
      cleaning,
    )
    for (const [key, value] of aborted) loaded.noteAborted(transactionOfKey(key), value.readDoubleBE())
    loaded.startAt(startOffset)
    return loaded
  }
}

const topicOf = (topic: Omit<Topic, 'maxMessageBytes'>): Topic => ({
  ...topic,
  maxMessageBytes: Number(topic.config['max.message.bytes'] ?? defaultMaxMessageBytes),
})
