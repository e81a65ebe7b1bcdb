import type { TopicPartition } from '../../record/record.ts'
import type { Clock } from '../../time/clock.ts'
import type { Apis } from './apis.ts'
import { BrokerError, check, codes, LinkClosedError, LinkError } from './broker-error.ts'
import { type Address, Link, type LinkOptions } from './link.ts'
import { coordinatorType } from './protocol.ts'
import { groupResource, partitionResource, topicResource, transactionResource } from './resource.ts'

export interface ClusterOptions extends LinkOptions {
  /** Where to begin: the other brokers are learnt from these. */
  readonly bootstrap: readonly Address[]
  /** How long a request is tried again while Kafka cannot be reached, ms. */
  readonly unavailableMs: number
}

interface Topic {
  /** The leader's node id by partition; -1 when there is none now. */
  readonly leaders: readonly number[]
  readonly replicationFactor: number
  readonly isInternal: boolean
}

/** What is known of the brokers and who leads what. Shared by everything that one client opened. */
export class Cluster {
  readonly options: ClusterOptions
  readonly #brokers = new Map<number, Address>()
  readonly #topics = new Map<string, Topic>()
  readonly #links: Links
  #controllerId = -1

  constructor(options: ClusterOptions) {
    this.options = options
    this.#links = new Links(this)
  }

  get clock(): Clock {
    return this.options.clock
  }

  /** Connections for requests that are answered at once. */
  get links(): Links {
    return this.#links
  }

  get controllerId(): number {
    return this.#controllerId
  }

  /** The brokers' own addresses, then those to begin with. */
  addresses(): readonly Address[] {
    return [...this.#brokers.values(), ...this.options.bootstrap]
  }

  addressOf(nodeId: number): Address | undefined {
    return this.#brokers.get(nodeId)
  }

  /** Learns the brokers and these topics (all topics when none is named) anew. */
  async refresh(topics: readonly string[] = []): Promise<void> {
    const link = await this.#links.toAny()
    const response = await link.request('Metadata', { topics, allowAutoTopicCreation: false })
    // A broker that is still starting knows of none.
    if (response.brokers.length > 0) this.#brokers.clear()
    for (const { nodeId, host, port } of response.brokers) this.#brokers.set(nodeId, { host, port })
    this.#controllerId = response.controllerId
    if (topics.length === 0) this.#topics.clear()
    for (const topic of response.topicMetadata) this.#learn(topic)
  }

  #learn(metadata: Apis['Metadata']['response']['topicMetadata'][number]): void {
    this.#topics.delete(metadata.topic)
    if (metadata.topicErrorCode === codes.UNKNOWN_TOPIC_OR_PARTITION) return
    check(metadata.topicErrorCode, topicResource(metadata.topic, 'Describe'))
    const leaders: number[] = []
    for (const partition of metadata.partitionMetadata) leaders[partition.partitionId] = partition.leader
    const replicationFactor = metadata.partitionMetadata[0]?.replicas.length ?? 0
    this.#topics.set(metadata.topic, { leaders, replicationFactor, isInternal: metadata.isInternal })
  }

  /** As of the last refresh; looked up when not known yet. */
  async topic(name: string): Promise<Topic | undefined> {
    if (!this.#topics.has(name)) await this.refresh([name])
    return this.#topics.get(name)
  }

  topicNames(): readonly string[] {
    return [...this.#topics].filter(([, topic]) => !topic.isInternal).map(([name]) => name)
  }

  /** @throws BrokerError when there is no such partition, or no leader now */
  async leaderOf(partition: TopicPartition): Promise<number> {
    const leader = (await this.topic(partition.topic))?.leaders[partition.partition]
    if (leader === undefined)
      throw new BrokerError(codes.UNKNOWN_TOPIC_OR_PARTITION, partitionResource(partition, 'Describe'))
    if (leader < 0) throw new BrokerError(codes.LEADER_NOT_AVAILABLE, partitionResource(partition, 'Describe'))
    return leader
  }

  /** The node id of a group's or transactional id's coordinator. */
  async coordinatorOf(kind: keyof typeof coordinatorType, id: string): Promise<number> {
    const link = await this.#links.toAny()
    const { errorCode, coordinator } = await link.request('GroupCoordinator', {
      groupId: id,
      coordinatorType: coordinatorType[kind],
    })
    check(errorCode, kind === 'group' ? groupResource(id) : transactionResource(id))
    this.#brokers.set(coordinator.nodeId, { host: coordinator.host, port: coordinator.port })
    return coordinator.nodeId
  }

  close(): void {
    this.#links.close()
  }
}

/** One owner's connections, at most one to each broker. */
export class Links {
  readonly #cluster: Cluster
  readonly #byAddress = new Map<string, Promise<Link>>()
  /** Asked first when any broker will do: one that cannot be reached costs a long wait. */
  #reached: Link | undefined
  #closed = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** @throws LinkError when it cannot be reached */
  async to(nodeId: number): Promise<Link> {
    const address = this.#cluster.addressOf(nodeId)
    if (address === undefined) throw new LinkError(`broker ${nodeId} is not known`)
    return this.#toAddress(address)
  }

  /** The first broker that can be reached. */
  async toAny(): Promise<Link> {
    let last: unknown = new LinkError('no broker is known')
    if (this.#reached?.fresh) return this.#reached
    for (const address of this.#cluster.addresses()) {
      try {
        this.#reached = await this.#toAddress(address)
        return this.#reached
      } catch (error) {
        last = error
        if (this.#closed) break
      }
    }
    throw last
  }

  async #toAddress(address: Address): Promise<Link> {
    const name = `${address.host}:${address.port}`
    const known = this.#byAddress.get(name)
    if (known !== undefined) {
      const link = await known
      if (link.fresh) return link
      if (this.#byAddress.get(name) === known) {
        this.#byAddress.delete(name)
        link.retire()
      }
      return this.#toAddress(address)
    }
    if (this.#closed) throw new LinkClosedError('the connection was closed')
    const opening = Link.open(address, this.#cluster.options)
    this.#byAddress.set(name, opening)
    try {
      const link = await opening
      if (this.#closed) link.close()
      return link
    } catch (error) {
      this.#byAddress.delete(name)
      throw error
    }
  }

  /** Breaks all of them off; no new ones are made. */
  close(error?: LinkError): void {
    this.#closed = true
    for (const opening of this.#byAddress.values()) opening.then((link) => link.close(error)).catch(() => undefined)
    this.#byAddress.clear()
  }
}
