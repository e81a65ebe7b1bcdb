import type { TopicPartition } from '../../record/record.ts'
import type { Clock } from '../../time/clock.ts'
import type { GroupOptions, Share } from '../log.ts'

const defaultRebalanceTimeoutMs = 60_000

export type RevokeOutcome = 'revoked' | 'failed' | 'late'

/** A member of an embedded log's group: what it holds, and its callbacks, never two at a time. */
export class Member {
  readonly memberId: string
  readonly options: GroupOptions
  /** Settles when the member has left, one way or the other. */
  readonly gone = Promise.withResolvers<void>()
  leaving = false
  readonly #clock: Clock
  #held: readonly TopicPartition[] = []
  #calls: Promise<void> = Promise.resolve()

  constructor(memberId: string, options: GroupOptions, clock: Clock) {
    this.memberId = memberId
    this.options = options
    this.#clock = clock
  }

  /** Tells the member what it has now. @returns whether it could take it */
  assign({ partitions, userData = Buffer.alloc(0) }: Share): Promise<boolean> {
    this.#held = partitions
    return this.#call(() => this.options.onAssigned(partitions, userData))
  }

  /** `late` after the rebalance timeout: the partitions go to others, and `settled` says when the member is done. */
  async revoke(): Promise<RevokeOutcome> {
    const partitions = this.#held
    this.#held = []
    if (partitions.length === 0) return 'revoked'
    const revoked = this.#call(() => this.options.onRevoked(partitions))
    const done = revoked.then((ok): RevokeOutcome => (ok ? 'revoked' : 'failed'))
    const late = Promise.withResolvers<RevokeOutcome>()
    const timer = this.#clock.setTimeout(
      () => late.resolve('late'),
      this.options.rebalanceTimeoutMs ?? defaultRebalanceTimeoutMs,
    )
    const outcome = await Promise.race([late.promise, done])
    timer.cancel()
    if (outcome === 'late') await this.#reporting(() => this.options.onLost(partitions))
    return outcome
  }

  /** Resolves when no callback is under way. */
  settled(): Promise<void> {
    return this.#calls
  }

  #call(callback: () => Promise<void>): Promise<boolean> {
    const called = this.#calls.then(() => this.#reporting(callback))
    this.#calls = called.then(() => {})
    return called
  }

  async #reporting(callback: () => Promise<void>): Promise<boolean> {
    try {
      await callback()
      return true
    } catch (error) {
      this.options.onError(error as Error)
      return false
    }
  }
}
