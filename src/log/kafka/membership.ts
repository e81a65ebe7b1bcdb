import { nameOf, type TopicPartition } from '../../record/record.ts'
import type { GroupMembership, GroupOptions, Share } from '../log.ts'
import { codes, hasCode, isMovedCoordinator, isMovedLeader, isUnreachable } from './broker-error.ts'
import { CallbackError, calling } from './callback-error.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import { toLogError } from './failures.ts'
import { Heartbeat, type Place } from './heartbeat.ts'
import { JoinRound } from './join-round.ts'
import { pause } from './retry.ts'

const defaultSessionTimeoutMs = 10_000
const unreachablePauseMs = 500

/** Joining may work later: the coordinator moves or cannot be reached, or the broker has a trouble of its own. */
const mayPass = (error: unknown): boolean =>
  isMovedCoordinator(error) ||
  isUnreachable(error) ||
  isMovedLeader(error) ||
  hasCode(error, codes.UNKNOWN_SERVER_ERROR)

/**
 * A member of a consumer group, by Kafka's classic protocol, eagerly: before each round everything is given up. The
 * callbacks never run at the same time, and heartbeats go on while they do.
 */
export class KafkaMembership implements GroupMembership {
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #round: JoinRound
  readonly #leaving = new AbortController()
  readonly #known = Promise.withResolvers<void>()
  readonly #done: Promise<void>
  #coordinator: Coordinator
  #memberId = ''
  #generationId = -1
  #held = new Set<string>()
  #askForRound: () => void = () => undefined
  #roundAsked = false
  #holding = false
  #closed = false

  private constructor(cluster: Cluster, options: GroupOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#coordinator = new Coordinator(cluster, 'group', options.groupId)
    this.#round = new JoinRound(cluster, options)
    this.#done = this.#run()
  }

  /** Resolves once the group knows the member; its first assignment comes by `onAssigned`. */
  static async join(cluster: Cluster, options: GroupOptions): Promise<KafkaMembership> {
    const membership = new KafkaMembership(cluster, options)
    await membership.#known.promise
    return membership
  }

  get memberId(): string {
    return this.#memberId
  }

  /** True once it has left. */
  get closed(): boolean {
    return this.#closed
  }

  get groupId(): string {
    return this.#options.groupId
  }

  /** The member's place while it holds all of these partitions. */
  placeFor(partitions: readonly TopicPartition[]): Place | undefined {
    if (!partitions.every((partition) => this.#held.has(nameOf(partition)))) return undefined
    return { groupId: this.groupId, memberId: this.#memberId, generationId: this.#generationId }
  }

  rejoin(): void {
    this.#roundAsked = true
    this.#askForRound()
  }

  leave(): Promise<void> {
    if (!this.#leaving.signal.aborted) {
      this.#leaving.abort()
      // A join may wait as long as the others take to let go.
      if (this.#held.size === 0 && !this.#holding) this.#coordinator.close()
    }
    return this.#done
  }

  async #run(): Promise<void> {
    let failure: unknown
    let failed = false
    try {
      while (!this.#leaving.signal.aborted) await this.#once()
    } catch (error) {
      failed = !this.#leaving.signal.aborted || this.#holding
      failure = error
    }
    this.#held.clear()
    await this.#sayGoodbye()
    this.#closed = true
    if (!failed) return this.#known.resolve()
    const error =
      failure instanceof CallbackError ? failure.error : toLogError(failure, this.#cluster.options.principal)
    if (this.#memberId === '') this.#known.reject(error)
    else this.#options.onError(error)
  }

  /** One round: join, hold what was assigned, give it up. */
  async #once(): Promise<void> {
    this.#roundAsked = false
    const share = await this.#join()
    if (share === undefined) return
    this.#holding = true
    await this.#hold(share)
    this.#holding = false
  }

  async #join(): Promise<Required<Share> | undefined> {
    try {
      const link = await this.#coordinator.link()
      const joined = await this.#round.join(link, this.#memberId, this.#generationId, (memberId) => {
        this.#memberId = memberId
        this.#known.resolve()
      })
      this.#generationId = joined.generationId
      return joined.share
    } catch (error) {
      if (this.#leaving.signal.aborted) return undefined
      if (hasCode(error, codes.REBALANCE_IN_PROGRESS)) return undefined
      if (hasCode(error, codes.UNKNOWN_MEMBER_ID, codes.ILLEGAL_GENERATION)) {
        if (hasCode(error, codes.UNKNOWN_MEMBER_ID)) this.#memberId = ''
        this.#generationId = -1
        return undefined
      }
      if (!mayPass(error)) throw error
      this.#coordinator.forget()
      await this.#cluster.refresh(this.#options.topics).catch(() => undefined)
      await pause(this.#cluster.clock, unreachablePauseMs, this.#leaving.signal)
      return undefined
    }
  }

  async #hold({ partitions, userData }: Required<Share>): Promise<void> {
    const { onAssigned, onRevoked, onLost, sessionTimeoutMs = defaultSessionTimeoutMs } = this.#options
    const place = { groupId: this.groupId, memberId: this.#memberId, generationId: this.#generationId }
    this.#held = new Set(partitions.map(nameOf))
    const heartbeat = new Heartbeat(this.#cluster.clock, this.#coordinator, place, sessionTimeoutMs)
    try {
      await calling(() => onAssigned(partitions, userData))
      await Promise.race([heartbeat.news, this.#asked()])
      const { lost } = heartbeat
      if (lost?.kind === 'failed') throw lost.error
      await calling(() => (lost === undefined ? onRevoked(partitions) : onLost(partitions)))
      if (heartbeat.lost?.kind === 'lost') this.#forget(heartbeat.lost.forgotten)
    } finally {
      heartbeat.stop()
      this.#held.clear()
    }
  }

  /** Resolves when this side wants an end: to leave, or a new round. */
  #asked(): Promise<void> {
    return new Promise((resolve) => {
      this.#askForRound = resolve
      if (this.#roundAsked || this.#leaving.signal.aborted) resolve()
      this.#leaving.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #forget(forgotten: boolean): void {
    if (forgotten) this.#memberId = ''
    this.#generationId = -1
  }

  /** Tells the group, so that it need not wait for the session's end; it gets over it if this does not arrive. */
  async #sayGoodbye(): Promise<void> {
    this.#coordinator.close()
    if (this.#memberId === '') return
    const coordinator = new Coordinator(this.#cluster, 'group', this.groupId)
    try {
      const link = await coordinator.link()
      await link.request('LeaveGroup', { groupId: this.groupId, memberId: this.#memberId })
    } catch {
      // The session ends by itself.
    } finally {
      coordinator.close()
    }
  }
}
