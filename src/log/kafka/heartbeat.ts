import type { Clock, Timer } from '../../time/clock.ts'
import { check, codes, hasCode, isDenied, isMovedCoordinator, isUnreachable } from './broker-error.ts'
import type { Coordinator } from './coordinator.ts'
import { groupResource } from './resource.ts'

/** A member's place in one round of its group. */
export interface Place {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

/** What a member hears by its heartbeats. */
export type News =
  /** A new round waits for this member. */
  | { readonly kind: 'rebalance' }
  /** The group goes on without this member; `forgotten` when it must join as a new one. */
  | { readonly kind: 'lost'; readonly forgotten: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }

const longestPauseMs = 1000
const unreachablePauseMs = 250

/** Keeps a member in its group from the moment it has a place until `stop`, whatever else the member does. */
export class Heartbeat {
  /** The first thing worth knowing; heartbeats go on after a `rebalance`. */
  readonly news: Promise<News>
  readonly #tell: (news: News) => void
  readonly #clock: Clock
  readonly #coordinator: Coordinator
  readonly #place: Place
  readonly #sessionTimeoutMs: number
  readonly #pauseMs: number
  #answeredMs: number
  #timer: Timer | undefined
  #stopped = false
  #lost: News | undefined

  constructor(clock: Clock, coordinator: Coordinator, place: Place, sessionTimeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<News>()
    this.news = promise
    this.#tell = resolve
    this.#clock = clock
    this.#coordinator = coordinator
    this.#place = place
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#pauseMs = Math.min(sessionTimeoutMs / 3, longestPauseMs)
    this.#answeredMs = clock.nowMs()
    this.#schedule(this.#pauseMs)
  }

  /** Set once the place in the group is gone, also after a `rebalance` was told. */
  get lost(): News | undefined {
    return this.#lost
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #schedule(ms: number): void {
    if (this.#stopped || this.#lost !== undefined) return
    this.#timer = this.#clock.setTimeout(() => void this.#beat(), ms)
  }

  async #beat(): Promise<void> {
    let pauseMs = this.#pauseMs
    try {
      await this.#send()
      this.#answeredMs = this.#clock.nowMs()
    } catch (error) {
      if (this.#stopped) return
      if (hasCode(error, codes.REBALANCE_IN_PROGRESS)) {
        this.#answeredMs = this.#clock.nowMs()
        this.#tell({ kind: 'rebalance' })
      } else if (isMovedCoordinator(error) || isUnreachable(error)) {
        this.#coordinator.forget()
        pauseMs = Math.min(pauseMs, unreachablePauseMs)
        if (this.#clock.nowMs() - this.#answeredMs > this.#sessionTimeoutMs)
          this.#end({ kind: 'lost', forgotten: false })
      } else this.#end(endOf(error))
    }
    this.#schedule(pauseMs)
  }

  async #send(): Promise<void> {
    const { groupId, memberId, generationId } = this.#place
    const link = await this.#coordinator.link()
    const { errorCode } = await link.request('Heartbeat', { groupId, memberId, groupGenerationId: generationId })
    check(errorCode, groupResource(groupId))
  }

  #end(news: News): void {
    this.#lost = news
    this.#tell(news)
  }
}

function endOf(error: unknown): News {
  if (hasCode(error, codes.ILLEGAL_GENERATION)) return { kind: 'lost', forgotten: false }
  if (isDenied(error)) return { kind: 'failed', error }
  return { kind: 'lost', forgotten: true }
}
