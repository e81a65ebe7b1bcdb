import { nameOf } from '../../record/record.ts'
import {
  BrokerError,
  codes,
  hasCode,
  isMovedCoordinator,
  isMovedLeader,
  isUnreachable,
  LinkError,
} from './broker-error.ts'
import { type Cluster, Links } from './cluster.ts'
import { type PartitionBatch, type ProduceAnswer, produceCall } from './produce.ts'
import { partitionResource } from './resource.ts'
import { retry } from './retry.ts'

/** Writes encoded batches, one a partition, each to its leader, and again where the leader moved; the bytes stay the same. */
export class BatchWriter {
  readonly #cluster: Cluster
  readonly #links: Links
  readonly #transactionalId: string | null

  constructor(cluster: Cluster, transactionalId: string | null) {
    this.#cluster = cluster
    this.#links = new Links(cluster)
    this.#transactionalId = transactionalId
  }

  /** Resolves with the offset of each batch's first record. */
  async write<B extends PartitionBatch>(round: readonly B[]): Promise<ReadonlyMap<B, number>> {
    const { clock, unavailableMs } = this.#cluster.options
    const written = new Map<B, number>()
    let left = round
    await retry(
      async () => {
        const failures = await this.#attempt(left, written)
        left = left.filter((batch) => !written.has(batch))
        if (failures.length > 0) throw failures.find((error) => !isTransient(error)) ?? failures[0]
      },
      {
        clock,
        forMs: unavailableMs,
        firstPauseMs: 2,
        longestPauseMs: 500,
        again: async (error) => {
          if (!isTransient(error)) return false
          // The second is also what a broker says that was asked twice at once about one transaction. The leader is where it was.
          if (hasCode(error, codes.CONCURRENT_TRANSACTIONS, codes.NOT_ENOUGH_REPLICAS)) return true
          await this.#cluster.refresh([...new Set(left.map((batch) => batch.topic))]).catch(() => undefined)
          return true
        },
      },
    )
    return written
  }

  async #attempt<B extends PartitionBatch>(batches: readonly B[], written: Map<B, number>): Promise<unknown[]> {
    const failures: unknown[] = []
    const byLeader = new Map<number, B[]>()
    for (const batch of batches) {
      try {
        const leader = await this.#cluster.leaderOf(batch)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch])
      } catch (error) {
        failures.push(error)
      }
    }
    await Promise.all(
      [...byLeader].map(async ([leader, ofLeader]) => {
        try {
          const link = await this.#links.to(leader)
          const { answers } = await link.send(produceCall(this.#transactionalId, ofLeader))
          for (const batch of ofLeader) settle(batch, answers.get(nameOf(batch)), written, failures)
        } catch (error) {
          failures.push(error)
        }
      }),
    )
    return failures
  }

  close(): void {
    this.#links.close()
  }
}

function settle<B extends PartitionBatch>(
  batch: B,
  answer: ProduceAnswer | undefined,
  written: Map<B, number>,
  failures: unknown[],
): void {
  if (answer === undefined) failures.push(new LinkError(`no answer for topic ${nameOf(batch)}`))
  else if (answer.errorCode === codes.NONE) written.set(batch, answer.baseOffset)
  else failures.push(new BrokerError(answer.errorCode, partitionResource(batch, 'Write')))
}

const isTransient = (error: unknown): boolean =>
  isUnreachable(error) ||
  isMovedLeader(error) ||
  isMovedCoordinator(error) ||
  hasCode(error, codes.CONCURRENT_TRANSACTIONS)
