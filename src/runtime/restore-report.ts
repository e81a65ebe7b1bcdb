import type { RestoreProgress } from '../task/open-state.ts'
import type { Clock } from '../time/clock.ts'
import type { Logger } from './logger.ts'

/** How far a restore is, how fast it goes, and how long the rest takes at that pace. */
export interface RestoreStatus {
  readonly remaining: number
  readonly total: number
  readonly perSecond: number
  /** Absent until there is a pace. */
  readonly secondsLeft?: number
}

const logEveryMs = 10_000

/** Follows one restore after another: logs each now and then and at its end, and knows where the one in hand stands. */
export class RestoreReport {
  readonly #clock: Clock
  readonly #logger: Logger
  #beganMs = 0
  #loggedMs = 0
  #last: RestoreProgress | undefined

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** `undefined` when nothing has been restored yet. */
  get status(): RestoreStatus | undefined {
    if (this.#last === undefined) return undefined
    const { remaining, total } = this.#last
    const tookMs = this.#clock.nowMs() - this.#beganMs
    const perSecond = tookMs > 0 ? Math.round(((total - remaining) * 1_000) / tookMs) : 0
    return { remaining, total, perSecond, ...(perSecond > 0 ? { secondsLeft: Math.ceil(remaining / perSecond) } : {}) }
  }

  /** The first one of a restore has everything remaining. */
  progress(progress: RestoreProgress): void {
    const nowMs = this.#clock.nowMs()
    if (progress.remaining === progress.total) {
      this.#beganMs = nowMs
      this.#loggedMs = nowMs
    }
    this.#last = progress
    if (progress.remaining === 0) {
      const { total, perSecond } = this.status!
      this.#logger.info('state restored', { records: total, tookMs: nowMs - this.#beganMs, perSecond })
    } else if (nowMs - this.#loggedMs >= logEveryMs) {
      this.#loggedMs = nowMs
      this.#logger.info('restoring state', { store: progress.store, ...this.status })
    }
  }
}
