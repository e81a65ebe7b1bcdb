import { type Clock, systemClock } from '../time/clock.ts'

/** Keeps something to so many a second, counted from the start: what came late is caught up. */
export class Pacer {
  readonly #msEach: number
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #startMs: number

  constructor(perSecond: number, signal: AbortSignal, clock: Clock = systemClock) {
    this.#msEach = 1_000 / perSecond
    this.#clock = clock
    this.#signal = signal
    this.#startMs = clock.nowMs()
  }

  /** How many may have been done by now. */
  allowed(): number {
    return Math.floor((this.#clock.nowMs() - this.#startMs) / this.#msEach) + 1
  }

  /** Resolves when `count` may have been done, or at once when the signal aborts. */
  async until(count: number): Promise<void> {
    const leftMs = Math.ceil(this.#startMs + (count - 1) * this.#msEach - this.#clock.nowMs())
    if (leftMs <= 0 || this.#signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(end, leftMs)
      function end() {
        timer.cancel()
        resolve()
      }
      this.#signal.addEventListener('abort', end, { once: true })
    })
  }
}
