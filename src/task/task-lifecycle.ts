/** Kafka Streams' task states. */
export type TaskStatus = 'CREATED' | 'RESTORING' | 'RUNNING' | 'SUSPENDED' | 'CLOSED'

const moves: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  CREATED: ['RESTORING', 'CLOSED'],
  RESTORING: ['RUNNING', 'SUSPENDED', 'CLOSED'],
  RUNNING: ['SUSPENDED', 'CLOSED'],
  SUSPENDED: ['RESTORING', 'RUNNING', 'CLOSED'],
  CLOSED: [],
}

/** Where a task stands; the one place that refuses an illegal move. */
export class TaskLifecycle {
  readonly #taskId: string
  #status: TaskStatus = 'CREATED'

  constructor(taskId: string) {
    this.#taskId = taskId
  }

  get status(): TaskStatus {
    return this.#status
  }

  /** @throws Error when the table has no such move: a bug of the engine */
  moveTo(next: TaskStatus): void {
    if (next === this.#status) return
    if (!moves[this.#status].includes(next))
      throw new Error(`task ${this.#taskId} cannot go from ${this.#status} to ${next}`)
    this.#status = next
  }
}
