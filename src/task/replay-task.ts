import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { StateDb, StateEngine } from '../state/engine.ts'
import { systemColumn } from '../state/system.ts'
import { columnsOf, TaskState } from '../state/task-state.ts'
import { WriteBehind } from '../state/write-behind.ts'
import { type Deployments, deploymentStore, deploymentsIn, noDeployments } from '../topology/deployment.ts'
import type { SubTopology } from '../topology/topology.ts'
import { BatchProcessor, StreamTime } from './batch-processor.ts'

export interface ReplayTaskOptions {
  readonly topology: SubTopology
  readonly partition: number
  readonly engine: StateEngine
  /** Of the task's state; nothing else may use it. */
  readonly folder: string
  readonly count: (name: string, by?: number) => void
  /** So many records' changes are written together, or more; until then they are in memory. Default 500. */
  readonly writeEvery?: number
}

const streamTimeKey = Buffer.from('replay/stream-time')

/**
 * A task without a log: records in, what they would write out. State is its own and moves on at once, since nothing has to
 * be committed first. It decides as the live task does, by the same `BatchProcessor`.
 */
export class ReplayTask {
  readonly #topology: SubTopology
  readonly #db: StateDb
  readonly #writeEvery: number
  readonly #state: TaskState
  readonly #writeBehind: WriteBehind
  readonly #streamTime: StreamTime
  readonly #processor: BatchProcessor
  /** Records whose changes the database lacks; `undefined` when a batch broke off half way. */
  #unwritten: number | undefined = 0

  private constructor(db: StateDb, options: ReplayTaskOptions, streamTime: StreamTime) {
    const { topology, partition, count, writeEvery = 500 } = options
    this.#topology = topology
    this.#writeEvery = writeEvery
    this.#db = db
    this.#streamTime = streamTime
    this.#state = TaskState.open({ db, stores: topology.stores, streamTimeMs: () => streamTime.beforeMs })
    this.#writeBehind = new WriteBehind({ db, state: this.#state })
    const taskId = `${topology.id}_${partition}`
    this.#processor = new BatchProcessor({ topology, taskId, partition, state: this.#state, streamTime, count })
  }

  /** Opens the state in the folder, or begins it. */
  static async open(options: ReplayTaskOptions): Promise<ReplayTask> {
    const db = await options.engine.open(options.folder, columnsOf(options.topology.stores))
    const stored = db.getSync(systemColumn, streamTimeKey)
    return new ReplayTask(db, options, new StreamTime(stored === undefined ? -1 : Number(stored.toString())))
  }

  get streamTimeMs(): number {
    return this.#streamTime.nowMs
  }

  /** What the records so far have deployed. */
  get deployments(): Deployments {
    return this.#topology.stores.includes(deploymentStore)
      ? deploymentsIn(this.#state.store(deploymentStore))
      : noDeployments
  }

  /**
   * Processes records of the task's partition in offset order. What they change reaches the database later, when
   * the task closes at the latest: batches may be of single records.
   * @throws ProcessingError; then nothing more reaches the database
   */
  async process(records: readonly LogRecord[]): Promise<readonly OutgoingRecord[]> {
    const before = this.#unwritten
    this.#unwritten = undefined
    const outgoing = await this.#processor.process(records)
    this.#unwritten = (before ?? 0) + records.length
    if (this.#unwritten >= this.#writeEvery) await this.#write()
    return outgoing
  }

  async close(): Promise<void> {
    try {
      if (this.#unwritten !== undefined && this.#unwritten > 0) await this.#write()
      await this.#writeBehind.flush()
    } finally {
      await this.#db.close()
    }
  }

  async #write(): Promise<void> {
    this.#unwritten = 0
    const { nowMs } = this.#streamTime
    await this.#writeBehind.add({
      drained: this.#state.drain(),
      streamTimeMs: nowMs,
      system: [{ column: systemColumn, key: streamTimeKey, value: Buffer.from(String(nowMs)) }],
      changelogEnds: new Map(),
    })
  }
}
