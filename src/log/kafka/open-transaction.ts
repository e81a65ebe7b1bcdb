import { nameOf, type OutgoingRecord, type TopicPartition } from '../../record/record.ts'
import { addedResource } from './answer-resource.ts'
import type { TransactionalIdentity } from './apis.ts'
import { check, codes } from './broker-error.ts'
import type { Coordinator } from './coordinator.ts'
import type { Link } from './link.ts'
import { byTopic } from './offsets.ts'
import { groupResource, partitionResource } from './resource.ts'

interface PartitionAnswer extends TopicPartition {
  readonly errorCode: number
}

/** What has been added to a producer's open transaction: the broker must know it before anything is written there. */
export class OpenTransaction {
  readonly #coordinator: Coordinator
  readonly #identity: TransactionalIdentity
  /** Those being added included. */
  readonly #partitions = new Map<string, Promise<void>>()
  readonly #groups = new Map<string, Promise<void>>()
  /** The coordinator takes one change of a transaction at a time. */
  #adding: Promise<unknown> = Promise.resolve()

  constructor(coordinator: Coordinator, identity: TransactionalIdentity) {
    this.#coordinator = coordinator
    this.#identity = identity
  }

  /** True when there is nothing to end. */
  get isEmpty(): boolean {
    return this.#partitions.size === 0 && this.#groups.size === 0
  }

  /** Resolves when the partitions of all records are in it. */
  async addPartitions(records: readonly OutgoingRecord[]): Promise<void> {
    const missing = new Map<string, TopicPartition>()
    const known = new Set<Promise<void>>()
    let last: OutgoingRecord | undefined
    for (const record of records) {
      // Most records go where the last one went.
      if (record.topic === last?.topic && record.partition === last.partition) continue
      last = record
      const name = nameOf(record)
      const added = this.#partitions.get(name)
      if (added === undefined) missing.set(name, record)
      else known.add(added)
    }
    if (missing.size > 0) {
      const partitions = [...missing.values()]
      const added = this.#add((link) => this.#sendPartitions(link, partitions))
      for (const name of missing.keys()) this.#partitions.set(name, added)
      known.add(added)
    }
    await Promise.all(known)
  }

  /** Resolves when offsets of the group may be committed in it. */
  addGroup(groupId: string): Promise<void> {
    let added = this.#groups.get(groupId)
    if (added === undefined) {
      added = this.#add((link) => this.#sendGroup(link, groupId))
      this.#groups.set(groupId, added)
    }
    return added
  }

  /** What comes is the next transaction's. */
  ended(): void {
    this.#partitions.clear()
    this.#groups.clear()
  }

  #add(request: (link: Link) => Promise<void>): Promise<void> {
    const added = this.#adding.then(() => this.#coordinator.ask(request, { repeatable: false }))
    this.#adding = added.catch(() => undefined)
    return added
  }

  async #sendPartitions(link: Link, partitions: readonly TopicPartition[]): Promise<void> {
    const { transactionalId } = this.#identity
    const topics = byTopic(partitions, ({ partition }) => partition)
    const { errors } = await link.request('AddPartitionsToTxn', { ...this.#identity, topics })
    const answers = errors.flatMap(({ topic, partitionErrors }) =>
      partitionErrors.map(({ partition, errorCode }) => ({ topic, partition, errorCode })),
    )
    // Where one partition is refused, the others are not attempted: the refusal says why.
    const isReason = ({ errorCode }: PartitionAnswer) => errorCode !== codes.OPERATION_NOT_ATTEMPTED
    for (const answer of [...answers.filter(isReason), ...answers]) {
      check(answer.errorCode, addedResource(answer.errorCode, transactionalId, partitionResource(answer, 'Write')))
    }
  }

  async #sendGroup(link: Link, groupId: string): Promise<void> {
    const { transactionalId } = this.#identity
    const { errorCode } = await link.request('AddOffsetsToTxn', { ...this.#identity, groupId })
    check(errorCode, addedResource(errorCode, transactionalId, groupResource(groupId)))
  }
}
