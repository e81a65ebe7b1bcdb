import type { TopicPartition } from '../../record/record.ts'
import { codes, hasCode, isMovedLeader, isUnreachable } from './broker-error.ts'
import type { Cluster, Links } from './cluster.ts'
import type { Link } from './link.ts'
import { missingMs, retry } from './retry.ts'

export interface LeaderOptions {
  /** Default: the cluster's shared connections. */
  readonly links?: Links
  readonly signal?: AbortSignal
}

/** The broker that leads one partition, found again when the partition moves. */
export class Leader {
  readonly #cluster: Cluster
  readonly #partition: TopicPartition
  readonly #links: Links
  readonly #signal: AbortSignal | undefined

  constructor(cluster: Cluster, partition: TopicPartition, { links = cluster.links, signal }: LeaderOptions = {}) {
    this.#cluster = cluster
    this.#partition = partition
    this.#links = links
    this.#signal = signal
  }

  /** Asks, and asks again while the leader moves or cannot be reached; what it asks must be repeatable. */
  ask<T>(request: (link: Link) => Promise<T>): Promise<T> {
    const { clock, unavailableMs } = this.#cluster.options
    let missingSinceMs: number | undefined
    return retry(async () => request(await this.#links.to(await this.#cluster.leaderOf(this.#partition))), {
      clock,
      forMs: unavailableMs,
      firstPauseMs: 20,
      longestPauseMs: 1000,
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      again: async (error) => {
        if (hasCode(error, codes.UNKNOWN_TOPIC_OR_PARTITION)) {
          missingSinceMs ??= clock.nowMs()
          if (clock.nowMs() - missingSinceMs > missingMs) return false
        } else if (!isMovedLeader(error) && !isUnreachable(error)) return false
        await this.#cluster.refresh([this.#partition.topic]).catch(() => undefined)
        return true
      },
    })
  }
}
