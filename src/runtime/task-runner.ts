import {
  LogError,
  ProcessingError,
  ProductionError,
  StateStoreError,
  TaskCorruptedError,
  TaskMigratedError,
} from '../errors.ts'
import type { TaskStatus } from '../task/task-lifecycle.ts'
import type { Clock } from '../time/clock.ts'
import { Rest } from '../time/rest.ts'

/** What the runtime does after a task failed. */
export type Recovery = 'restart' | 'rebuild' | 'rejoin' | 'fail'

/** The class of an error says what happens next. */
export function recoveryFrom(error: unknown): Recovery {
  if (error instanceof TaskMigratedError) return 'rejoin'
  if (error instanceof TaskCorruptedError || isDamage(error)) return 'rebuild'
  if (error instanceof ProductionError)
    return error.code === 'commit-outcome-unknown' || error.code === 'production-failed' ? 'restart' : 'fail'
  if (error instanceof LogError) return error.code === 'log-unavailable' ? 'restart' : 'fail'
  return 'fail'
}

/** Found while the state was open, perhaps by an operator's read. */
const isDamage = (error: unknown): boolean =>
  error instanceof ProcessingError
    ? isDamage(error.cause)
    : error instanceof StateStoreError && error.code === 'store-corrupted'

/** A task or a standby. */
export interface Runnable {
  readonly status: TaskStatus
  open(): Promise<void>
  run(): Promise<void>
  suspend(): Promise<void>
  close(): Promise<void>
  /** Deletes the local state once it is closed, so that the next one restores it from the changelogs. */
  destroyState(): Promise<void>
}

export interface TaskRunnerOptions<T extends Runnable> {
  readonly create: () => T
  readonly clock: Clock
  readonly onOpened: () => void
  readonly onRecovering: (recovery: Recovery, error: Error, inMs: number) => void
  /** The task was taken over: the member must join again. */
  readonly onMigrated: (error: Error) => void
  readonly onFailed: (error: Error) => void
}

const firstBackoffMs = 100
const longestBackoffMs = 10_000

/** Keeps one task running: opens it, runs it, and after a failure does what the error's class asks for. */
export class TaskRunner<T extends Runnable> {
  readonly #options: TaskRunnerOptions<T>
  readonly #rest: Rest
  #task: T | undefined
  #wanted = false
  #loop: Promise<void> = Promise.resolve()

  constructor(options: TaskRunnerOptions<T>) {
    this.#options = options
    this.#rest = new Rest(options.clock)
  }

  /** The task as it stands now, for metrics and health. */
  get task(): T | undefined {
    return this.#task
  }

  /** Starts or goes on; a task that was suspended keeps its state and producer. */
  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#loop = this.#loop.then(() => this.#keepRunning())
  }

  /** Ends after the batch in hand and commits; the task stays open, ready to go on or to be closed. */
  async suspend(): Promise<void> {
    this.#wanted = false
    this.#rest.end()
    const task = this.#task
    try {
      if (task?.status === 'RESTORING') await task.close()
      else await task?.suspend()
    } catch {
      // Taken over meanwhile, or the log is away: what was not committed is processed again.
      await task?.close()
    }
    await this.#loop
  }

  /** Gives everything back without committing: whoever may lose nothing suspends first. */
  async close(): Promise<void> {
    this.#wanted = false
    this.#rest.end()
    await this.#task?.close()
    await this.#loop
    this.#task = undefined
  }

  async #keepRunning(): Promise<void> {
    let backoffMs = firstBackoffMs
    while (this.#wanted) {
      try {
        await this.#runOnce(() => {
          backoffMs = firstBackoffMs
        })
      } catch (error) {
        if (!this.#wanted) return
        const recovery = recoveryFrom(error)
        const task = this.#task
        await task?.close().catch(() => {})
        this.#task = undefined
        if (recovery === 'fail') return this.#fail(error)
        if (recovery === 'rejoin') {
          this.#wanted = false
          return this.#options.onMigrated(asError(error))
        }
        this.#options.onRecovering(recovery, asError(error), backoffMs)
        try {
          if (recovery === 'rebuild') await task?.destroyState()
        } catch (cause) {
          return this.#fail(cause)
        }
        if (this.#wanted) await this.#rest.take(backoffMs)
        backoffMs = Math.min(backoffMs * 2, longestBackoffMs)
      }
    }
  }

  #fail(error: unknown): void {
    this.#wanted = false
    this.#options.onFailed(asError(error))
  }

  async #runOnce(opened: () => void): Promise<void> {
    if (this.#task === undefined || this.#task.status === 'CLOSED') {
      this.#task = this.#options.create()
      await this.#task.open()
      opened()
      this.#options.onOpened()
    }
    if (this.#wanted) await this.#task.run()
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
