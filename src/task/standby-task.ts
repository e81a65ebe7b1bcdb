import { join } from 'node:path'
import { Rest } from '../time/rest.ts'
import { type FollowedState, type FollowedStateOptions, followedState } from './followed-state.ts'
import { type TaskDatabaseOptions, taskFolder } from './open-database.ts'
import { StateCopy } from './state-copy.ts'
import { TaskLifecycle, type TaskStatus } from './task-lifecycle.ts'

export interface StandbyTaskOptions
  extends FollowedStateOptions,
    Pick<TaskDatabaseOptions, 'taskId' | 'engine' | 'stateDir' | 'clock'> {
  readonly limits: { readonly maxBytes: number }
  /** Hears after each look at the log how many changelog offsets the copy lacks. */
  readonly onLag: (lag: number) => void
}

/** How long an idle standby waits for the next commit, and after each one for those that follow it. */
const idleWaitMs = 500
const pauseMs = 100
/** Between two looks at which state is in force. */
const renewMs = 2_000

/**
 * A copy of the state of a task that another instance runs: follows its changelogs, reading committed records only, and
 * notes in the same write how far it came. So whoever opens the task on this state replays the rest alone. It never
 * processes, and changes to another state when what the task runs changes. `open`, then `run` until `suspend` or `close`.
 */
export class StandbyTask {
  readonly taskId: string
  readonly #options: StandbyTaskOptions
  readonly #lifecycle: TaskLifecycle
  readonly #rest: Rest
  #followed: FollowedState | undefined
  #copy: StateCopy | undefined
  #renewAtMs = 0

  constructor(options: StandbyTaskOptions) {
    this.taskId = options.taskId
    this.#options = options
    this.#lifecycle = new TaskLifecycle(options.taskId)
    this.#rest = new Rest(options.clock)
  }

  get status(): TaskStatus {
    return this.#lifecycle.status
  }

  /** @throws TaskCorruptedError, StateStoreError, LogError */
  async open(): Promise<void> {
    await this.#lifecycle.open(async () => this.#open(await followedState(this.#options)))
  }

  /** Follows the changelogs until it is suspended. @throws TaskCorruptedError, StateStoreError, LogError */
  run(): Promise<void> {
    return this.#lifecycle.run(() => this.#follow())
  }

  async suspend(): Promise<void> {
    this.#stop()
    await this.#lifecycle.suspend()
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#lifecycle.close({
      interrupt: async () => this.#copy?.closeReaders(),
      release: async () => this.#copy?.close(),
    })
  }

  async destroyState(): Promise<void> {
    const { engine, stateDir } = this.#options
    if (this.#followed === undefined) return
    await engine.destroy(taskFolder(join(stateDir, this.#followed.applicationId), this.taskId))
  }

  #stop(): void {
    this.#lifecycle.stop()
    this.#rest.end()
  }

  async #open(followed: FollowedState): Promise<void> {
    const { clock, topology } = this.#options
    this.#followed = followed
    this.#renewAtMs = clock.nowMs() + renewMs
    const stopped = () => this.#lifecycle.isStopping
    this.#copy = await StateCopy.open({ ...this.#options, ...followed, subTopology: topology.id, stopped })
  }

  async #follow(): Promise<void> {
    let waitMs = 0
    while (!this.#lifecycle.isStopping) {
      const lag = await this.#copy!.look(waitMs)
      this.#options.onLag(lag)
      waitMs = lag > 0 ? 0 : idleWaitMs
      if (lag > 0) continue
      await this.#rest.take(pauseMs)
      if (!this.#lifecycle.isStopping && this.#options.clock.nowMs() >= this.#renewAtMs) await this.#renew()
    }
  }

  /** Changes to the state that is in force now, if it is another one. */
  async #renew(): Promise<void> {
    this.#renewAtMs = this.#options.clock.nowMs() + renewMs
    const followed = await followedState(this.#options)
    if (followed.applicationId === this.#followed!.applicationId) return
    await this.#copy!.close()
    this.#copy = undefined
    if (!this.#lifecycle.isStopping) await this.#open(followed)
  }
}
