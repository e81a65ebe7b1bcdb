import { codes, hasCode, isMovedCoordinator, isUnreachable, type LinkError } from './broker-error.ts'
import { type Cluster, Links } from './cluster.ts'
import type { Link } from './link.ts'
import type { coordinatorType } from './protocol.ts'
import { missingMs, retry } from './retry.ts'

export interface AskOptions {
  /**
   * Try again when the connection broke with the request under way. Only for what may arrive twice, late: a request
   * that the broken connection still delivers counts as the same producer's or member's newest.
   */
  readonly repeatable: boolean
  /** How long to try, ms. Default: as long as any request while Kafka cannot be reached. */
  readonly forMs?: number
}

/** The broker that looks after one group or transactional id, found again when it moves. */
export class Coordinator {
  readonly #cluster: Cluster
  readonly #links: Links
  readonly #kind: keyof typeof coordinatorType
  readonly #id: string
  #nodeId: number | undefined

  constructor(cluster: Cluster, kind: keyof typeof coordinatorType, id: string, links: Links = new Links(cluster)) {
    this.#cluster = cluster
    this.#links = links
    this.#kind = kind
    this.#id = id
  }

  /** The connection to the coordinator. @throws LinkError, BrokerError when it cannot be found or reached */
  async link(): Promise<Link> {
    this.#nodeId ??= await this.#cluster.coordinatorOf(this.#kind, this.#id)
    try {
      return await this.#links.to(this.#nodeId)
    } catch (error) {
      this.forget()
      throw error
    }
  }

  /** Looks the coordinator up anew before the next request. */
  forget(): void {
    this.#nodeId = undefined
  }

  /** Asks, and asks again while the coordinator moves, loads, or finishes the last transaction. */
  ask<T>(request: (link: Link) => Promise<T>, { repeatable, forMs }: AskOptions): Promise<T> {
    const { clock, unavailableMs } = this.#cluster.options
    let missingSinceMs: number | undefined
    let isUnavailable = false
    let sent = false
    return retry(
      async () => {
        sent = false
        const link = await this.link()
        sent = true
        return await request(link)
      },
      {
        clock,
        forMs: forMs ?? unavailableMs,
        // The last transaction's markers are written within a few ms: doubling would wait longer than they take.
        firstPauseMs: 2,
        growth: 1.2,
        longestPauseMs: 50,
        again: (error) => {
          if (hasCode(error, codes.CONCURRENT_TRANSACTIONS)) return true
          if (hasCode(error, codes.UNKNOWN_TOPIC_OR_PARTITION)) {
            missingSinceMs ??= clock.nowMs()
            return clock.nowMs() - missingSinceMs < missingMs
          }
          // The first time it may only be too busy with the same transaction.
          if (hasCode(error, codes.COORDINATOR_NOT_AVAILABLE) && sent && !isUnavailable) {
            isUnavailable = true
            return true
          }
          if (isUnreachable(error) && sent && !repeatable) return false
          this.forget()
          return isMovedCoordinator(error) || isUnreachable(error)
        },
      },
    )
  }

  close(error?: LinkError): void {
    this.#links.close(error)
  }
}
