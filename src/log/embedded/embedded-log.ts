import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
import type { Clock } from '../../time/clock.ts'
import type {
  CommittedOffset,
  GroupMembership,
  GroupOptions,
  Isolation,
  Log,
  PartitionReader,
  Producer,
  ReaderOptions,
  TopicDescription,
  TopicSpec,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { committedPut, readCommitted } from './committed.ts'
import type { LogDatabase } from './database.ts'
import { Group } from './group.ts'
import { sendAsOneWrite } from './one-write.ts'
import { PlainProducer } from './producer.ts'
import { EmbeddedReader } from './reader.ts'
import { TransactionalSessions } from './sessions.ts'
import { LogStorage, type StorageOptions } from './storage.ts'

/**
 * A partitioned, transactional log in one process, with Kafka's semantics, on any abstract-level database. What `send`
 * of a plain producer, `commit` and `commitOffsets` answered is synced to the disk; an open transaction does not outlive
 * the process. Records go by `deleteRecordsBefore`, and in compacted topics when a later one has their key.
 */
export class EmbeddedLog implements Log {
  readonly #storage: LogStorage
  readonly #sessions: TransactionalSessions
  readonly #groups = new Map<string, Group>()
  #closing: Promise<void> | undefined
  #beforeClose: () => Promise<void> = async () => {}

  private constructor(storage: LogStorage, sessions: TransactionalSessions) {
    this.#storage = storage
    this.#sessions = sessions
  }

  /** Opens the database, which nobody else may use meanwhile. @throws what the database throws */
  static async open(db: LogDatabase, clock: Clock, options: StorageOptions = {}): Promise<EmbeddedLog> {
    const storage = await LogStorage.open(db, clock, options)
    try {
      const sessions = new TransactionalSessions(storage)
      await sessions.load()
      return new EmbeddedLog(storage, sessions)
    } catch (error) {
      await storage.close()
      throw error
    }
  }

  async createTopic(spec: TopicSpec): Promise<'created' | 'exists'> {
    const outcome = await this.#open().topics.create(spec)
    if (outcome === 'created') for (const group of this.#groups.values()) group.topicCreated(spec.topic)
    return outcome
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.#open().topics.describe(topic)
  }

  async topics(): Promise<readonly string[]> {
    return this.#open().topics.names()
  }

  async startOffset(partition: TopicPartition): Promise<number> {
    return this.#open().topics.partition(partition).startOffset
  }

  async endOffset(at: TopicPartition, isolation: Isolation): Promise<number> {
    const partition = this.#open().topics.partition(at)
    return isolation === 'read-committed' ? partition.lastStableOffset : partition.highWatermark
  }

  async openReader(options: ReaderOptions): Promise<PartitionReader> {
    return new EmbeddedReader(this.#open(), options)
  }

  sendTogether(_transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return sendAsOneWrite(this, records)
  }

  async openProducer(): Promise<Producer> {
    return new PlainProducer(this.#open())
  }

  async openTransactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    this.#open()
    return this.#sessions.open(options)
  }

  async committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#storage.reading((db) => readCommitted(db, groupId, partitions))
  }

  async commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    const operations = offsets.map((offset) => committedPut(groupId, offset))
    if (operations.length > 0) await this.#open().commits.write(operations, true)
  }

  async deleteRecordsBefore(partition: TopicPartition, offset: number): Promise<void> {
    const { topics } = this.#open()
    await this.#storage.reading(() => topics.deleteBefore(partition, offset))
  }

  async joinGroup(options: GroupOptions): Promise<GroupMembership> {
    const { clock, topics } = this.#open()
    let group = this.#groups.get(options.groupId)
    if (group === undefined) {
      group = new Group(options.groupId, clock, (names) => topics.partitionsOf(names))
      this.#groups.set(options.groupId, group)
    }
    return group.join(options)
  }

  /** What else ends with the log: called once, first. */
  beforeClose(end: () => Promise<void>): void {
    this.#beforeClose = end
  }

  /** Ends waiting polls and open transactions and waits for what is being written; members leave without callbacks. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#beforeClose()
    for (const group of this.#groups.values()) group.close()
    await this.#sessions.close()
    await this.#storage.close()
  }

  /** @throws LogError `log-closed`, `log-unwritable` */
  #open(): LogStorage {
    this.#storage.check()
    return this.#storage
  }
}
