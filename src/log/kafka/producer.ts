import { LogError } from '../../errors.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Producer } from '../log.ts'
import { Appender, type MaxMessageBytes } from './appender.ts'
import { check, isMovedCoordinator, isUnreachable } from './broker-error.ts'
import type { Cluster } from './cluster.ts'
import { toProductionError } from './failures.ts'
import { clusterResource } from './resource.ts'
import { retry } from './retry.ts'

/** Writes idempotently: a request sent again after a broken connection leaves no duplicate. */
export class KafkaProducer implements Producer {
  readonly #cluster: Cluster
  readonly #maxMessageBytes: MaxMessageBytes
  /** Undefined after a failure: what was written is unknown, so the next send begins with a new producer id. */
  #appender: Appender | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(cluster: Cluster, maxMessageBytes: MaxMessageBytes) {
    this.#cluster = cluster
    this.#maxMessageBytes = maxMessageBytes
  }

  static async open(cluster: Cluster, maxMessageBytes: MaxMessageBytes): Promise<KafkaProducer> {
    const producer = new KafkaProducer(cluster, maxMessageBytes)
    producer.#appender = await producer.#newAppender()
    return producer
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Sends run one after another, in the order of the calls. */
  send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    const sent = this.#last.then(() => this.#send(records))
    this.#last = sent.catch(() => undefined)
    return sent
  }

  async close(): Promise<void> {
    if (!this.#closed) await this.#last
    this.#closed = true
    this.#appender?.close()
  }

  /** Breaks off what is under way. */
  destroy(): void {
    this.#closed = true
    this.#appender?.close()
  }

  async #send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    if (this.#closed) throw new LogError('log-closed', 'the producer is closed')
    if (records.length === 0) return []
    try {
      this.#appender ??= await this.#newAppender()
      return await this.#appender.append(records, await this.#appender.check(records))
    } catch (cause) {
      const error = toProductionError(cause, this.#cluster.options.principal)
      if (error.code !== 'record-too-large') {
        this.#appender?.close()
        this.#appender = undefined
      }
      throw error
    }
  }

  async #newAppender(): Promise<Appender> {
    const { clock, unavailableMs } = this.#cluster.options
    const { producerId, producerEpoch } = await retry(
      async () => {
        const link = await this.#cluster.links.toAny()
        const response = await link.request('InitProducerId', { transactionalId: null, transactionTimeout: 60_000 })
        check(response.errorCode, clusterResource('IdempotentWrite', 'producer ids'))
        return response
      },
      {
        clock,
        forMs: unavailableMs,
        firstPauseMs: 20,
        longestPauseMs: 1000,
        again: (error) => isMovedCoordinator(error) || isUnreachable(error),
      },
    )
    const identity = { producerId: Number(producerId), producerEpoch, transactional: false }
    return new Appender(this.#cluster, identity, { transactionalId: null, maxMessageBytes: this.#maxMessageBytes })
  }
}
