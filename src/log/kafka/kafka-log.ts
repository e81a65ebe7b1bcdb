import { LogError } from '../../errors.ts'
import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
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
  TopicWriters,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { Admin } from './admin.ts'
import { isMovedCoordinator, isUnreachable } from './broker-error.ts'
import { Cluster } from './cluster.ts'
import { toLogError } from './failures.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { Address } from './link.ts'
import { type KafkaLogger, quiet } from './logger.ts'
import { KafkaMembership } from './membership.ts'
import { principalOf } from './principal.ts'
import { KafkaProducer } from './producer.ts'
import { KafkaReader } from './reader.ts'
import { retry } from './retry.ts'
import { KafkaTransactionalProducer } from './transactional-producer.ts'

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  /** How brokers name this client in their logs and metrics. Default `weir`. */
  readonly clientId?: string
  /** `true`, or what `node:tls` takes (`ca`, `cert`, `key`, …). Default: no TLS. */
  readonly ssl?: boolean | object
  /** As kafkajs takes it: `{ mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', username, password }` and more. */
  readonly sasl?: object
  /** Hears what the connections do, at debug level. Default: nobody. */
  readonly logger?: KafkaLogger
  readonly clock?: Clock
  /** How long a request is tried again while Kafka cannot be reached, ms. Default 30,000. */
  readonly unavailableMs?: number
}

const requestTimeoutMs = 30_000
const defaultUnavailableMs = 30_000

/**
 * Connects to a Kafka cluster (2.3 or later; tested with 4.2).
 * @throws LogError `log-unavailable` when no broker answers, `not-authorized` or `certificate-refused` when they refuse
 *   the client, or their certificate does not check out
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const { brokers, clientId = 'weir', ssl = false, sasl, logger, clock = systemClock } = options
  const cluster = new Cluster({
    bootstrap: brokers.map(parseAddress),
    clientId,
    ssl: ssl === false ? null : ssl === true ? {} : ssl,
    sasl: sasl ?? null,
    principal: principalOf(ssl, sasl),
    logger: quiet(logger),
    clock,
    requestTimeoutMs,
    unavailableMs: options.unavailableMs ?? defaultUnavailableMs,
  })
  try {
    await retry(() => cluster.refresh(), {
      clock,
      forMs: cluster.options.unavailableMs,
      firstPauseMs: 50,
      longestPauseMs: 1000,
      again: (error) => isUnreachable(error) || isMovedCoordinator(error),
    })
    return new KafkaLog(cluster)
  } catch (error) {
    cluster.close()
    throw toLogError(error, cluster.options.principal)
  }
}

function parseAddress(broker: string): Address {
  const colon = broker.lastIndexOf(':')
  const port = Number(broker.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port)) {
    throw new LogError('log-unavailable', `"${broker}" is no broker address: write host:port`)
  }
  return { host: broker.slice(0, colon), port }
}

/** What was opened and not closed yet. */
class OpenOnes<T extends { readonly closed: boolean }> {
  #ones: T[] = []

  add<One extends T>(one: One): One {
    this.#ones = [...this.all(), one]
    return one
  }

  all(): readonly T[] {
    return this.#ones.filter(({ closed }) => !closed)
  }
}

class KafkaLog implements Log {
  readonly #cluster: Cluster
  readonly #admin: Admin
  readonly #offsets: GroupOffsets
  readonly #readers = new OpenOnes<KafkaReader>()
  readonly #producers = new OpenOnes<KafkaProducer | KafkaTransactionalProducer>()
  readonly #memberships = new OpenOnes<KafkaMembership>()
  #closed = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#admin = new Admin(cluster)
    this.#offsets = new GroupOffsets(cluster)
  }

  createTopic(spec: TopicSpec): Promise<'created' | 'exists'> {
    return this.#run(() => this.#admin.createTopic(spec))
  }

  describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.#run(() => this.#admin.describeTopic(topic))
  }

  topicWriters(topic: string): Promise<TopicWriters> {
    return this.#run(() => this.#admin.topicWriters(topic))
  }

  topics(): Promise<readonly string[]> {
    return this.#run(() => this.#admin.topics())
  }

  startOffset(partition: TopicPartition): Promise<number> {
    return this.#run(() => this.#admin.startOffset(partition))
  }

  endOffset(partition: TopicPartition, isolation: Isolation): Promise<number> {
    return this.#run(() => this.#admin.endOffset(partition, isolation))
  }

  deleteRecordsBefore(partition: TopicPartition, offset: number): Promise<void> {
    return this.#run(() => this.#admin.deleteRecordsBefore(partition, offset))
  }

  openReader(options: ReaderOptions): Promise<PartitionReader> {
    return this.#run(async () => {
      return this.#readers.add(
        new KafkaReader(this.#cluster, options, (partition) => this.#admin.startOffset(partition)),
      )
    })
  }

  openProducer(): Promise<Producer> {
    return this.#run(async () => {
      return this.#producers.add(await KafkaProducer.open(this.#cluster, this.#maxMessageBytes))
    })
  }

  openTransactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    return this.#run(async () => {
      return this.#producers.add(await KafkaTransactionalProducer.open(this.#cluster, options, this.#maxMessageBytes))
    })
  }

  async sendTogether(transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    const producer = await this.openTransactionalProducer({ transactionalId })
    try {
      const offsets = await producer.send(records)
      await producer.commit()
      return offsets
    } finally {
      await producer.close()
    }
  }

  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#run(() => this.#offsets.committed(groupId, partitions))
  }

  commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#run(async () => {
      const places = this.#memberships.all().filter((member) => member.groupId === groupId)
      const place = places.map((member) => member.placeFor(offsets)).find((found) => found !== undefined)
      await this.#offsets.commit(groupId, offsets, place)
    })
  }

  groupMembers(groupId: string): Promise<number> {
    return this.#run(() => this.#offsets.members(groupId))
  }

  joinGroup(options: GroupOptions): Promise<GroupMembership> {
    return this.#run(async () => {
      return this.#memberships.add(await KafkaMembership.join(this.#cluster, options))
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(this.#memberships.all().map((membership) => membership.leave()))
    await Promise.all(this.#readers.all().map((reader) => reader.close()))
    for (const producer of this.#producers.all()) producer.destroy()
    this.#offsets.close()
    this.#cluster.close()
  }

  readonly #maxMessageBytes = (topic: string, fresh?: boolean): Promise<number> =>
    this.#admin.maxMessageBytes(topic, fresh)

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new LogError('log-closed', 'the log is closed')
    try {
      return await work()
    } catch (error) {
      throw this.#closed
        ? new LogError('log-closed', 'the log was closed', { cause: error })
        : toLogError(error, this.#cluster.options.principal)
    }
  }
}
