import type { Clock } from './clock.ts'

/** Waits that somebody else may end; one at a time. */
export class Rest {
  readonly #clock: Clock
  #end: () => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after so long, or at the next `end`. */
  async take(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.setTimeout(resolve, ms)
    this.#end = () => {
      timer.cancel()
      resolve()
    }
    await promise
  }

  /** Ends the wait that is on, if there is one. */
  end(): void {
    this.#end()
  }
}
