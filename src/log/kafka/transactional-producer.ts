import { setImmediate as nextTurn } from 'node:timers/promises'
import { LogError, ProductionError, type WeirError } from '../../errors.ts'
import { dieAt, failsAt } from '../../fail-points.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { CommittedOffset, TransactionalProducer, TransactionalProducerOptions } from '../log.ts'
import { addedResource, offsetResource } from './answer-resource.ts'
import type { TransactionalIdentity } from './apis.ts'
import { Appender, type MaxMessageBytes } from './appender.ts'
import { check, isDenied, isFencing } from './broker-error.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import { toLogError, toProductionError } from './failures.ts'
import { commitTopics } from './offsets.ts'
import { OpenTransaction } from './open-transaction.ts'
import { transactionResource } from './resource.ts'

const defaultTransactionTimeoutMs = 10_000
/** How long closing tries to abort an open transaction, ms. */
const closeMs = 3000

/**
 * A transactional producer over Kafka's transaction coordinator. `send` and `sendOffsets` of one transaction may run at
 * the same time; an end may not overlap either.
 *
 * Requests to the coordinator are never repeated after a broken connection: one that arrives late, after the
 * transaction's end, would belong to the next transaction.
 */
export class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #cluster: Cluster
  readonly #identity: TransactionalIdentity
  readonly #coordinator: Coordinator
  readonly #appender: Appender
  readonly #groups = new Map<string, Coordinator>()
  readonly #transaction: OpenTransaction
  #failure: WeirError | undefined
  #closed = false

  private constructor(
    cluster: Cluster,
    identity: TransactionalIdentity,
    coordinator: Coordinator,
    maxMessageBytes: MaxMessageBytes,
  ) {
    this.#cluster = cluster
    this.#identity = identity
    this.#coordinator = coordinator
    this.#transaction = new OpenTransaction(coordinator, identity)
    const { transactionalId, producerEpoch } = identity
    const ofBatches = { producerId: Number(identity.producerId), producerEpoch, transactional: true }
    this.#appender = new Appender(cluster, ofBatches, { transactionalId, maxMessageBytes })
  }

  /** Fences the id's older producer; its open transaction has ended when this resolves. */
  static async open(
    cluster: Cluster,
    { transactionalId, transactionTimeoutMs = defaultTransactionTimeoutMs }: TransactionalProducerOptions,
    maxMessageBytes: MaxMessageBytes,
  ): Promise<KafkaTransactionalProducer> {
    const coordinator = new Coordinator(cluster, 'transaction', transactionalId)
    try {
      const { producerId, producerEpoch } = await coordinator.ask(
        async (link) => {
          const request = { transactionalId, transactionTimeout: transactionTimeoutMs }
          const response = await link.request('InitProducerId', request)
          check(response.errorCode, transactionResource(transactionalId))
          return response
        },
        { repeatable: true },
      )
      const identity = { transactionalId, producerId, producerEpoch }
      return new KafkaTransactionalProducer(cluster, identity, coordinator, maxMessageBytes)
    } catch (error) {
      coordinator.close()
      throw toLogError(error, cluster.options.principal)
    }
  }

  get closed(): boolean {
    return this.#closed
  }

  send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return this.#run(async () => {
      if (records.length === 0) return []
      const limits = await this.#appender.check(records)
      await this.#transaction.addPartitions(records)
      return this.#appender.append(records, limits)
    })
  }

  sendOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#run(async () => {
      if (offsets.length === 0) return
      await this.#transaction.addGroup(groupId)
      await this.#commitOffsets(groupId, offsets)
    })
  }

  commit(): Promise<void> {
    return this.#run(() => this.#end(true))
  }

  abort(): Promise<void> {
    return this.#run(() => this.#end(false))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    // Whatever goes wrong here, the broker's timeout or the next producer of this id ends the transaction.
    if (this.#failure?.code !== 'fenced') await this.#end(false, closeMs).catch(() => undefined)
    this.destroy()
  }

  /** Breaks off what is under way and leaves an open transaction to its timeout. */
  destroy(): void {
    this.#closed = true
    this.#appender.close()
    this.#coordinator.close()
    for (const group of this.#groups.values()) group.close()
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new LogError('log-closed', 'the producer is closed')
    if (this.#failure !== undefined) throw this.#failure
    try {
      return await work()
    } catch (error) {
      this.#failure ??= toProductionError(error, this.#cluster.options.principal)
      throw this.#failure
    }
  }

  async #commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#group(groupId).ask(
      async (link) => {
        const request = { ...this.#identity, groupId, topics: commitTopics(offsets) }
        const { topics } = await link.request('TxnOffsetCommit', request)
        for (const { topic, partitions } of topics) {
          for (const { partition, errorCode } of partitions) {
            const about = offsetResource(errorCode, groupId, { topic, partition })
            check(errorCode, addedResource(errorCode, this.#identity.transactionalId, about))
          }
        }
      },
      { repeatable: false },
    )
  }

  #group(groupId: string): Coordinator {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new Coordinator(this.#cluster, 'group', groupId)
      this.#groups.set(groupId, group)
    }
    return group
  }

  async #end(commits: boolean, forMs?: number): Promise<void> {
    if (this.#transaction.isEmpty) return
    let sent = false
    try {
      await this.#coordinator.ask(
        async (link) => {
          const call = await link.encode('EndTxn', { ...this.#identity, transactionResult: commits })
          const answered = link.send(call)
          sent = true
          if (commits && failsAt('end-transaction-unanswered')) {
            answered.catch(() => undefined)
            // The kernel has the bytes after this, so the broker gets them though this process ends.
            await nextTurn()
            dieAt('end-transaction-unanswered')
          }
          const { errorCode } = await answered
          check(errorCode, transactionResource(this.#identity.transactionalId))
        },
        { repeatable: false, ...(forMs === undefined ? {} : { forMs }) },
      )
    } catch (cause) {
      if (!commits || !sent || isFencing(cause) || isDenied(cause)) throw cause
      throw new ProductionError(
        'commit-outcome-unknown',
        `no answer to the commit of ${this.#identity.transactionalId}: open a new producer and read the committed offsets`,
        { cause },
      )
    }
    this.#transaction.ended()
  }
}
