/** A timer that can be called off. Calling it off twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void
}

/** The wall clock as a port: everything that waits or looks at the time gets one, so that tests move it by hand. */
export interface Clock {
  /** Epoch ms. */
  nowMs(): number
  /** Calls back once, `ms` from now or a little later; 0 or less: as soon as possible, never before this returns. */
  setTimeout(callback: () => void, ms: number): Timer
}

/** Node fires timers beyond this (about 25 days) at once, so longer ones are set in pieces. */
const longestTimerMs = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimeout(callback, ms) {
    let handle: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, longestTimerMs)
      handle = setTimeout(() => (leftMs > pieceMs ? arm(leftMs - pieceMs) : callback()), Math.max(0, pieceMs))
    }
    arm(ms)
    return { cancel: () => clearTimeout(handle) }
  },
}

interface Pending {
  readonly dueMs: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number
  /** In the order in which they were set; of those due at the same time the first set runs first. */
  readonly #pending = new Set<Pending>()

  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  /** Timers that were set and have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  nowMs(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, ms), callback }
    this.#pending.add(timer)
    return { cancel: () => this.#pending.delete(timer) }
  }

  /**
   * Moves the clock on by `ms` (0 or more) and runs what becomes due on the way, each with the clock at its due time,
   * timers set meanwhile included. What a callback awaits goes on after this returns. When a callback throws, the clock
   * stays at its time.
   */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let timer = this.#nextDue(untilMs); timer !== undefined; timer = this.#nextDue(untilMs)) {
      this.#pending.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.callback()
    }
    this.#nowMs = untilMs
  }

  #nextDue(untilMs: number): Pending | undefined {
    let next: Pending | undefined
    for (const timer of this.#pending) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }
}
