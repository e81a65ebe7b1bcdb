import { LogError } from '../../errors.ts'
import type { LogDatabase, Write } from './database.ts'

interface Pending {
  readonly operations: readonly Write[]
  readonly sync: boolean
  readonly written: PromiseWithResolvers<void>
}

/**
 * Writes to the database one batch after the other; what comes while one is under way shares the next one, and its
 * sync. Each call's operations stay together: all of them are written, or none.
 */
export class GroupCommit {
  readonly #db: LogDatabase
  readonly #onFailure: () => void
  #queue: Pending[] = []
  #running: Promise<void> | undefined
  #failure: LogError | undefined

  /** `onFailure` is called once, when the log can no longer be written. */
  constructor(db: LogDatabase, onFailure: () => void) {
    this.#db = db
    this.#onFailure = onFailure
  }

  get failure(): LogError | undefined {
    return this.#failure
  }

  /** Resolves when the operations can be read; with `sync`, when they survive a power cut. */
  write(operations: readonly Write[], sync: boolean): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const written = Promise.withResolvers<void>()
    this.#queue.push({ operations, sync, written })
    this.#running ??= this.#run()
    return written.promise
  }

  /** Resolves when everything asked for so far is written or has failed. */
  async drain(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Calls of the same turn share the first batch.
    await null
    while (this.#queue.length > 0) {
      const group = this.#queue
      this.#queue = []
      try {
        const operations = group.length === 1 ? group[0]!.operations : group.flatMap((pending) => pending.operations)
        await this.#db.batch(operations as Write[], { sync: group.some((pending) => pending.sync) })
        for (const { written } of group) written.resolve()
      } catch (cause) {
        this.#fail(group, cause)
      }
    }
    this.#running = undefined
  }

  /** After a failed write nobody knows what the database's own log holds: only opening it again tells. */
  #fail(group: readonly Pending[], cause: unknown): void {
    const what = cause instanceof Error ? cause.message : String(cause)
    const failure = new LogError(
      'log-unwritable',
      `the embedded log cannot be written (${what}): make room on its disk or mend it, then start again: nothing is half-written`,
      { cause },
    )
    this.#failure = failure
    for (const { written } of [...group, ...this.#queue]) written.reject(failure)
    this.#queue = []
    this.#onFailure()
  }
}
