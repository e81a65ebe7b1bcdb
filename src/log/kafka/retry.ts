import type { Clock } from '../../time/clock.ts'

/** How long a topic may be unknown before it counts as missing, ms: a broker may not have heard of a new one yet. */
export const missingMs = 1000

export interface RetryOptions {
  readonly clock: Clock
  /** How long to go on trying, ms, from the first failure. */
  readonly forMs: number
  /** The first pause, ms. */
  readonly firstPauseMs: number
  /** How much longer each further pause is. Default 2. */
  readonly growth?: number
  /** The longest pause, ms. */
  readonly longestPauseMs: number
  /** True when another try makes sense; may do something about it first, such as looking up the leader again. */
  again(error: unknown): boolean | Promise<boolean>
  /** Ends the tries early: the last error is thrown. */
  readonly signal?: AbortSignal
}

/** Runs `attempt` until it succeeds, fails for good, or has failed for `forMs`; then throws its last error. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, forMs, longestPauseMs } = options
  let pauseMs = options.firstPauseMs
  let firstFailureMs: number | undefined
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      firstFailureMs ??= clock.nowMs()
      const over = clock.nowMs() - firstFailureMs >= forMs
      if (over || options.signal?.aborted || !(await options.again(error))) throw error
    }
    await pause(clock, pauseMs, options.signal)
    pauseMs = Math.min(pauseMs * (options.growth ?? 2), longestPauseMs)
  }
}

/** Resolves after `ms`, or at once when the signal fires. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = clock.setTimeout(done, ms)
    function done(): void {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }
    function aborted(): void {
      timer.cancel()
      resolve()
    }
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
