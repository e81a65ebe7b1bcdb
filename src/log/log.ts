import type { LogRecord, OutgoingRecord, TopicPartition } from '../record/record.ts'

/**
 * The log port: what Weir needs from a partitioned, transactional log. Kafka and the embedded log implement it, and
 * `test/contract/log.ts` says what every implementation must do.
 *
 * Failures are `LogError`, `ProductionError` or `TaskMigratedError` (see `errors.ts`); adapters let no other class out.
 */

/** `read-committed` hides records of open and aborted transactions; `read-uncommitted` shows everything but markers. */
export type Isolation = 'read-committed' | 'read-uncommitted'

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  /** Copies of each partition; the embedded log ignores it. Default: the broker's. */
  readonly replicationFactor?: number
  /**
   * Kafka topic settings, such as `cleanup.policy`. The embedded log keeps them and heeds `max.message.bytes`,
   * `cleanup.policy` as far as it says `compact`, and `delete.retention.ms`.
   */
  readonly config?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

/** The principals that may write to a topic, or `everybody` where nothing is checked. */
export type TopicWriters = readonly string[] | 'everybody'

/** What one poll brought from a partition. */
export interface FetchedBatch extends TopicPartition {
  /** In offset order; transaction markers, and under `read-committed` aborted records, are left out. */
  readonly records: readonly LogRecord[]
  /** The reader's position after this batch: above every record *and marker* it passed, also when `records` is empty. */
  readonly nextOffset: number
  /** The offset after the last record in the partition, of open transactions too. */
  readonly highWatermark: number
  /** The offset up to which `read-committed` readers can see: below it every transaction has ended. */
  readonly lastStableOffset: number
  /** More that was read together with these comes with the next poll, at once. Default false. */
  readonly hasMore?: boolean
}

/** The offsets from `from` to below `to`. */
export interface OffsetSpan {
  readonly from: number
  readonly to: number
}

/** Reads one partition from an offset on. Not for concurrent polls. */
export interface PartitionReader {
  readonly position: number
  /**
   * Resolves with what lies at the position, at once if there is anything (a batch without records when only markers
   * or aborted records were passed), otherwise with an empty batch after about `maxWaitMs`.
   * @throws LogError `offset-out-of-range` with `startOffset` when the log no longer holds the position;
   *   `topic-missing`; `log-unavailable` after retries; `log-closed`
   */
  poll(maxWaitMs: number): Promise<FetchedBatch>
  seek(offset: number): void
  /** The caller knows the records from `from` to below `to`: a reader that can may leave them out of later polls. */
  leaveOut?(span: OffsetSpan): void
  /** Ends a waiting poll (it rejects with `log-closed`). */
  close(): Promise<void>
}

export interface ReaderOptions extends TopicPartition {
  /** First offset to read. */
  readonly offset: number
  readonly isolation: Isolation
  /** Bytes asked for at a time; one larger record still comes. Default 1 MiB. */
  readonly maxBytes?: number
}

/** Writes without transactions, in order per partition, without duplicates from its own retries. */
export interface Producer {
  /**
   * Appends in the order given, per partition; resolves when the log has them safely, with each record's offset in the
   * order given.
   * @throws ProductionError `record-too-large` (nothing of this call was written), `production-failed`
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly number[]>
  close(): Promise<void>
}

/** The next offset to read, and free text that travels with it. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly metadata: string
}

/**
 * One transaction at a time. `begin` is implied by the first `send` or `sendOffsets` after the last end.
 *
 * Any method throws TaskMigratedError `fenced` once a newer producer of the same transactional id exists. After any
 * throw the producer is of no more use: close it and open another.
 */
export interface TransactionalProducer {
  /**
   * Appends within the open transaction: takes offsets at once, visible to `read-committed` readers after `commit`.
   * Resolves with each record's offset in the order given.
   * @throws ProductionError `record-too-large`, `production-failed`
   */
  send(records: readonly OutgoingRecord[]): Promise<readonly number[]>
  /** Commits the group's offsets with the transaction. */
  sendOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void>
  /**
   * Ends the transaction: all its records and offsets become visible, or none. Without an open one it does nothing.
   * @throws ProductionError `commit-outcome-unknown` when no answer came: it may or may not have happened
   */
  commit(): Promise<void>
  abort(): Promise<void>
  /** Aborts an open transaction if it still can. */
  close(): Promise<void>
}

export interface TransactionalProducerOptions {
  /** Opening fences the producer that has this id now and ends its open transaction (committed if it was committing). */
  readonly transactionalId: string
  /** After this time without an end the log aborts the transaction. Default 10,000. */
  readonly transactionTimeoutMs?: number
}

export interface GroupMember {
  readonly memberId: string
  readonly topics: readonly string[]
  readonly userData: Buffer
}

/** What one member gets in a round. */
export interface Share {
  readonly partitions: readonly TopicPartition[]
  /** What else the assignor tells the member. Default: nothing. */
  readonly userData?: Buffer
}

/** Decides who gets which partitions; runs at the group's leader. A pure function of its arguments. */
export type Assignor = (
  members: readonly GroupMember[],
  partitions: readonly TopicPartition[],
) => ReadonlyMap<string, Share>

export interface GroupOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly assignor: Assignor
  /** The assignor's name: all members of a group must agree. */
  readonly assignorName: string
  /** What this member tells the assignor, asked at each join. */
  userData(): Buffer
  /**
   * The member has exactly these partitions now; `userData` is what the assignor told it, empty for nothing. Rejections go
   * to `onError`.
   */
  onAssigned(partitions: readonly TopicPartition[], userData: Buffer): Promise<void>
  /** Before a rejoin: finish with these; awaited (heartbeats go on) before another member can get them. */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>
  /** The group went on without this member: these may have another owner already. The member rejoins by itself. */
  onLost(partitions: readonly TopicPartition[]): Promise<void>
  /** What the member cannot get over by itself; it has left the group. */
  onError(error: Error): void
  /** Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** How long `onRevoked` may take. Default 60,000. */
  readonly rebalanceTimeoutMs?: number
}

export interface GroupMembership {
  readonly memberId: string
  /** Asks for a new assignment round. */
  rejoin(): void
  /** Gives up the partitions (`onRevoked` runs first) and leaves. */
  leave(): Promise<void>
}

/** The part of a log that other processes may use beside its owner. */
export interface LogClient {
  /** Creates a topic unless it is there. @throws LogError `not-authorized`, `log-unavailable` */
  createTopic(spec: TopicSpec): Promise<'created' | 'exists'>
  /** `undefined` when there is no such topic. */
  describeTopic(topic: string): Promise<TopicDescription | undefined>
  topics(): Promise<readonly string[]>
  /** Only of logs that know principals. @throws LogError `not-authorized` */
  topicWriters?(topic: string): Promise<TopicWriters>
  /** The first offset that can be read. */
  startOffset(partition: TopicPartition): Promise<number>
  /** The offset after the last record: the last stable offset for `read-committed`, the high watermark otherwise. */
  endOffset(partition: TopicPartition, isolation: Isolation): Promise<number>
  openReader(options: ReaderOptions): Promise<PartitionReader>
  openProducer(): Promise<Producer>
  /**
   * Appends records to any partitions, all or none: readers under `read-committed` never see a part of them. Resolves with
   * each record's offset in the order given. For rare records: a log may open a producer for it, by this transactional id.
   * @throws ProductionError `record-too-large`, `production-failed`; `commit-outcome-unknown` when no answer came
   */
  sendTogether(transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]>
  /** The group's committed offsets; partitions without one are left out. */
  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>
  close(): Promise<void>
}

export interface Log extends LogClient {
  openTransactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer>
  /** Commits offsets outside a transaction (at-least-once). */
  commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void>
  /** Drops records below `offset` (Kafka's delete-records). */
  deleteRecordsBefore(partition: TopicPartition, offset: number): Promise<void>
  /** How many members a group has now. Only of logs that several processes use at once. */
  groupMembers?(groupId: string): Promise<number>
  joinGroup(options: GroupOptions): Promise<GroupMembership>
}
