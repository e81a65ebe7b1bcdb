import type { AppState } from './health.ts'
import type { Logger } from './logger.ts'

const moves: Readonly<Record<AppState, readonly AppState[]>> = {
  CREATED: ['REBALANCING', 'ERROR', 'NOT_RUNNING'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING', 'ERROR'],
  NOT_RUNNING: [],
  ERROR: [],
}

/** Where an application stands and how it ends; the one place that refuses an illegal move. */
export class AppLifecycle {
  readonly #logger: Logger
  readonly #ended = Promise.withResolvers<void>()
  #state: AppState = 'CREATED'
  #error: Error | undefined

  constructor(logger: Logger) {
    this.#logger = logger
    // Whoever never asks for the end must not be ended by it.
    this.#ended.promise.catch(() => {})
  }

  get state(): AppState {
    return this.#state
  }

  /** What the application could not get over, in state ERROR. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Settles once everything has been given back: resolves after `end`, rejects after `failed`. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** True while the group may give it something; not while it ends, which may begin in the middle of an assignment. */
  get isTaking(): boolean {
    return this.#state === 'REBALANCING' || this.#state === 'RUNNING'
  }

  get isOver(): boolean {
    return this.#state === 'NOT_RUNNING' || this.#state === 'ERROR'
  }

  /** @throws Error when the table has no such move: a bug of the engine */
  moveTo(next: AppState): void {
    if (next === this.#state) return
    if (!moves[this.#state].includes(next)) throw new Error(`the application cannot go from ${this.#state} to ${next}`)
    this.#logger.debug('state', { from: this.#state, to: next })
    this.#state = next
  }

  /** The group takes its partitions back until the next round. */
  rebalance(): void {
    if (this.#state === 'RUNNING') this.moveTo('REBALANCING')
  }

  /** All has been given back as it should. */
  end(): void {
    this.moveTo('NOT_RUNNING')
    this.#ended.resolve()
  }

  /** The application ends because of this error; `giveBack` is done before anybody hears of the end. */
  async fail(error: Error, giveBack: () => Promise<void>): Promise<void> {
    this.#error = error
    this.moveTo('ERROR')
    this.#logger.error('the application ends', { err: error })
    await giveBack()
    this.#ended.reject(error)
  }
}
