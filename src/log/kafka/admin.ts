import { LogError } from '../../errors.ts'
import { nameOf, type TopicPartition } from '../../record/record.ts'
import type { Isolation, TopicDescription, TopicSpec, TopicWriters } from '../log.ts'
import { BrokerError, check, codes, hasCode, isMovedLeader, isUnreachable } from './broker-error.ts'
import type { Cluster } from './cluster.ts'
import { Leader } from './leader.ts'
import type { Link } from './link.ts'
import { partitionResource, topicResource } from './resource.ts'
import { retry } from './retry.ts'
import { writersOf } from './writers.ts'

const requestTimeoutMs = 10_000
const topicKind = 2
const earliest = -2
const latest = -1
/** Kafka's own default. */
const defaultMaxMessageBytes = 1_048_588

/** Topics and their offsets. */
export class Admin {
  readonly #cluster: Cluster
  readonly #maxMessageBytes = new Map<string, Promise<number>>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Resolves once the topic can be used. */
  async createTopic({
    topic,
    partitions,
    replicationFactor = -1,
    config = {},
  }: TopicSpec): Promise<'created' | 'exists'> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    const outcome = await this.#patiently(async () => {
      const link = await this.#controller()
      const { topicErrors } = await link.request('CreateTopics', {
        topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
        validateOnly: false,
        timeout: requestTimeoutMs,
      })
      const { errorCode, errorMessage } = topicErrors[0]!
      if (errorCode === codes.TOPIC_ALREADY_EXISTS) return 'exists' as const
      const detail = errorMessage === null ? '' : `: ${errorMessage}`
      check(errorCode, topicResource(topic, 'Create', `topic ${topic}${detail}`))
      return 'created' as const
    })
    await this.#patiently(async () => {
      await this.#cluster.refresh([topic])
      const leaders = (await this.#cluster.topic(topic))?.leaders ?? []
      if (outcome === 'created' && leaders.length < partitions) notYet(topic)
      for (const partition of leaders.keys()) await this.#cluster.leaderOf({ topic, partition })
    })
    return outcome
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    const found = await this.#patiently(async () => {
      await this.#cluster.refresh([topic])
      return this.#cluster.topic(topic)
    })
    if (found === undefined) return undefined
    const config = await this.#config(topic, [])
    return { topic, partitions: found.leaders.length, replicationFactor: found.replicationFactor, config }
  }

  async topicWriters(topic: string): Promise<TopicWriters> {
    return this.#patiently(async () => writersOf(await this.#cluster.links.toAny(), topic))
  }

  async topics(): Promise<readonly string[]> {
    await this.#patiently(() => this.#cluster.refresh())
    return this.#cluster.topicNames()
  }

  startOffset(partition: TopicPartition): Promise<number> {
    return this.#offset(partition, 'read-uncommitted', earliest)
  }

  endOffset(partition: TopicPartition, isolation: Isolation): Promise<number> {
    return this.#offset(partition, isolation, latest)
  }

  async deleteRecordsBefore({ topic, partition }: TopicPartition, offset: number): Promise<void> {
    const request = {
      topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
      timeout: requestTimeoutMs,
    }
    try {
      await new Leader(this.#cluster, { topic, partition }).ask(async (link) => {
        const { topics } = await link.request('DeleteRecords', request)
        check(topics[0]!.partitions[0]!.errorCode, partitionResource({ topic, partition }, 'Delete'))
      })
    } catch (cause) {
      if (!hasCode(cause, codes.OFFSET_OUT_OF_RANGE)) throw cause
      throw new LogError(
        'offset-out-of-range',
        `${nameOf({ topic, partition })} does not reach offset ${offset}: delete up to its end at most`,
        { cause, startOffset: await this.startOffset({ topic, partition }) },
      )
    }
  }

  /** The most bytes that a batch in the topic may have; kept until asked for afresh. */
  maxMessageBytes(topic: string, fresh = false): Promise<number> {
    let bytes = fresh ? undefined : this.#maxMessageBytes.get(topic)
    if (bytes === undefined) {
      bytes = this.#readMaxMessageBytes(topic)
      this.#maxMessageBytes.set(topic, bytes)
      bytes.catch(() => this.#maxMessageBytes.delete(topic))
    }
    return bytes
  }

  async #readMaxMessageBytes(topic: string): Promise<number> {
    try {
      return Number((await this.#config(topic, ['max.message.bytes']))['max.message.bytes'])
    } catch (error) {
      // Who may write to a topic may not always look at its settings; the broker still has the last word.
      if (hasCode(error, codes.TOPIC_AUTHORIZATION_FAILED)) return defaultMaxMessageBytes
      throw error
    }
  }

  async #offset({ topic, partition }: TopicPartition, isolation: Isolation, timestamp: number): Promise<number> {
    return new Leader(this.#cluster, { topic, partition }).ask(async (link) => {
      const { responses } = await link.request('ListOffsets', {
        replicaId: -1,
        isolationLevel: isolation === 'read-committed' ? 1 : 0,
        topics: [{ topic, partitions: [{ partition, timestamp }] }],
      })
      const { errorCode, offset } = responses[0]!.partitions[0]!
      check(errorCode, partitionResource({ topic, partition }, 'Describe'))
      return Number(offset)
    })
  }

  #config(topic: string, configNames: readonly string[]): Promise<Record<string, string>> {
    return this.#patiently(async () => {
      const link = await this.#cluster.links.toAny()
      const { resources } = await link.request('DescribeConfigs', {
        resources: [{ type: topicKind, name: topic, configNames }],
        includeSynonyms: false,
      })
      const { errorCode, configEntries } = resources[0]!
      check(errorCode, topicResource(topic, 'DescribeConfigs'))
      return Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue ?? '']))
    })
  }

  async #controller(): Promise<Link> {
    if (this.#cluster.addressOf(this.#cluster.controllerId) === undefined) await this.#cluster.refresh()
    return this.#cluster.links.to(this.#cluster.controllerId)
  }

  #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, unavailableMs } = this.#cluster.options
    return retry(attempt, {
      clock,
      forMs: unavailableMs,
      firstPauseMs: 20,
      longestPauseMs: 1000,
      again: async (error) => {
        if (!isMovedLeader(error) && !isUnreachable(error)) return false
        await this.#cluster.refresh().catch(() => undefined)
        return true
      },
    })
  }
}

function notYet(topic: string): never {
  throw new BrokerError(codes.LEADER_NOT_AVAILABLE, topicResource(topic, 'Describe'))
}
