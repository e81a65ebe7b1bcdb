/** Kafka Streams' task states. */
export type TaskStatus = 'CREATED' | 'RESTORING' | 'RUNNING' | 'SUSPENDED' | 'CLOSED'

const moves: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  CREATED: ['RESTORING', 'CLOSED'],
  RESTORING: ['RUNNING', 'SUSPENDED', 'CLOSED'],
  RUNNING: ['SUSPENDED', 'CLOSED'],
  SUSPENDED: ['RESTORING', 'RUNNING', 'CLOSED'],
  CLOSED: [],
}

/** How a task ends what it has under way. */
export interface Closing {
  /** Ends what the task waits for. It has been opened then, or has failed to be. */
  readonly interrupt: () => Promise<unknown>
  /** Gives back what is left once nothing runs any more. */
  readonly release: () => Promise<void>
}

/**
 * Where a task stands and what it has under way: opening, then running until it is told to stop, perhaps several times, then
 * closed. The one place that refuses an illegal move.
 */
export class TaskLifecycle {
  readonly #taskId: string
  #status: TaskStatus = 'CREATED'
  #stopping = false
  #opening: Promise<void> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  constructor(taskId: string) {
    this.#taskId = taskId
  }

  get status(): TaskStatus {
    return this.#status
  }

  /** What is under way is to end soon. */
  get isStopping(): boolean {
    return this.#stopping
  }

  async open(work: () => Promise<void>): Promise<void> {
    this.#moveTo('RESTORING')
    this.#opening = work()
    await this.#opening
  }

  run(work: () => Promise<void>): Promise<void> {
    this.#moveTo('RUNNING')
    this.#stopping = false
    this.#running = work()
    return this.#running
  }

  stop(): void {
    this.#stopping = true
  }

  /** Stops; true when the task had been running and has ended that without a failure or a `close`. */
  async suspend(): Promise<boolean> {
    this.stop()
    await this.#running.catch(() => {})
    if (this.#status !== 'RUNNING') return false
    this.#moveTo('SUSPENDED')
    return true
  }

  /** Stops for good. A second time does nothing. */
  async close({ interrupt, release }: Closing): Promise<void> {
    if (this.#status === 'CLOSED') return
    this.stop()
    this.#moveTo('CLOSED')
    await this.#opening.catch(() => {})
    await interrupt()
    await this.#running.catch(() => {})
    await release()
  }

  /** @throws Error when the table has no such move: a bug of the engine */
  #moveTo(next: TaskStatus): void {
    if (next === this.#status) return
    if (!moves[this.#status].includes(next))
      throw new Error(`task ${this.#taskId} cannot go from ${this.#status} to ${next}`)
    this.#status = next
  }
}
