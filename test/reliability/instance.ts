import { rm } from 'node:fs/promises'
import type { FailPoint } from '../../src/fail-points.ts'
import type { WorkerSettings, WorkerStatus } from '../support/faults/settings.ts'
import { WorkerProcess } from '../support/faults/worker-process.ts'

/** An instance's place: the same state folder, whichever process is on it now. */
export class Instance {
  readonly name: string
  settings: WorkerSettings
  /** False while others are to do its work: what it says then counts for nothing. */
  isCounted = true
  #process: WorkerProcess | undefined
  #isWanted = false

  constructor(name: string, settings: WorkerSettings) {
    this.name = name
    this.settings = settings
  }

  /** The process on it now or last. */
  get process(): WorkerProcess | undefined {
    return this.#process
  }

  get isUp(): boolean {
    return this.#process !== undefined && !this.#process.isOver
  }

  /** Partitions that it processes, by its last word; a dead one processes none. */
  get runs(): number {
    return this.isUp && this.#isWanted && this.isCounted ? this.#process!.runs : 0
  }

  get status(): WorkerStatus | undefined {
    return this.#process?.status
  }

  start(failAt?: { readonly point: FailPoint; readonly pass: number }): WorkerProcess {
    this.#isWanted = failAt === undefined
    this.#process = new WorkerProcess(this.settings, failAt)
    return this.#process
  }

  /** As a crash: the last word of the process says what it was doing. */
  async kill(): Promise<WorkerStatus | undefined> {
    this.#isWanted = false
    await this.#process?.kill()
    return this.status
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    if (this.isUp) await this.#process!.stop()
  }

  loseState(): Promise<void> {
    return rm(this.settings.stateDir, { recursive: true, force: true })
  }

  /** @throws Error with what it said when it ended though nobody ended it */
  throwIfEnded(): void {
    if (this.#isWanted && this.#process?.isOver === true) {
      throw new Error(
        `${this.name} ended by itself: ${this.#process.out.slice(-500)} ${this.#process.err.slice(-2000)}`,
      )
    }
  }
}
