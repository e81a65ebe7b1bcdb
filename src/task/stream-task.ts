import { TopologyError } from '../errors.ts'
import type { FetchedBatch, Log, PartitionReader } from '../log/log.ts'
import type { LogRecord } from '../record/record.ts'
import type { StateEngine } from '../state/engine.ts'
import type { Clock } from '../time/clock.ts'
import type { SubTopology } from '../topology/topology.ts'
import { BatchProcessor, StreamTime } from './batch-processor.ts'
import { type CommitFacts, CommitPipeline } from './commit-pipeline.ts'
import { type Committer, openCommitter, type ProcessingGuarantee } from './committer.ts'
import { InputTrimmer } from './input-trimmer.ts'
import { type OpenedState, openTaskState, type RestoreProgress } from './open-state.ts'
import type { Position } from './position.ts'
import { TaskLifecycle, type TaskStatus } from './task-lifecycle.ts'
import { Ticker, type TickOptions } from './ticker.ts'

export interface BatchLimits {
  /** Records processed and committed together at most. */
  readonly maxRecords: number
  /** Bytes fetched at a time. */
  readonly maxBytes: number
  /** How long an idle poll waits. */
  readonly maxWaitMs: number
}

/** What a task tells while it runs; for logs, metrics and health, never for results. */
export interface TaskObserver {
  count(name: string, by?: number): void
  polled(batch: FetchedBatch): void
  committed(commit: CommitFacts): void
  restoring(progress: RestoreProgress): void
}

export interface StreamTaskOptions {
  readonly applicationId: string
  readonly topology: SubTopology
  readonly partition: number
  /** What the topology was made from, such as a rule set's hash: state of another definition is refused. */
  readonly definition: string
  readonly log: Log
  readonly engine: StateEngine
  /** The folder of all tasks; this one uses `<stateDir>/<applicationId>/<taskId>`. */
  readonly stateDir: string
  readonly guarantee: ProcessingGuarantee
  readonly limits: BatchLimits
  /**
   * Changelog entries that a restore applies together with the position they reach, at least: what a crash in a restore
   * repeats. Default 2,000.
   */
  readonly restoreBatchEntries?: number
  /** The log ends a transaction that stays open longer. */
  readonly transactionTimeoutMs: number
  readonly clock: Clock
  readonly observer: TaskObserver
  /** How time passes in an idle partition. Default: it does not. */
  readonly tick?: TickOptions
}

/** A task that stood still longer than this writes the position of records that brought nothing, so that lag shows 0. */
const idlePositionMs = 1_000

/**
 * One partition of a sub-topology: one order, one owner, one transaction at a time. `open`, then `run` until `suspend`;
 * a suspended task can `run` again. After any throw the only moves left are `close` and a new task.
 */
export class StreamTask {
  readonly taskId: string
  readonly #options: StreamTaskOptions
  readonly #lifecycle: TaskLifecycle
  #committer: Committer | undefined
  #opened: OpenedState | undefined
  #processor: BatchProcessor | undefined
  #commits: CommitPipeline | undefined
  #ticker: Ticker | undefined
  #reader: PartitionReader | undefined
  #streamTime = new StreamTime()
  /** The input position after the last processed record. */
  #position = 0
  #idleSinceMs = 0
  #stopping = false
  #opening: Promise<void> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  constructor(options: StreamTaskOptions) {
    const { topology, partition } = options
    if (topology.sources.length !== 1) {
      throw new TopologyError(
        'topology-invalid',
        `sub-topology ${topology.id} reads ${topology.sources.length} topics; one order needs exactly one`,
      )
    }
    this.taskId = `${topology.id}_${partition}`
    this.#options = options
    this.#lifecycle = new TaskLifecycle(this.taskId)
  }

  get status(): TaskStatus {
    return this.#lifecycle.status
  }

  /** The next input offset to process. */
  get position(): number {
    return this.#position
  }

  get streamTimeMs(): number {
    return this.#streamTime.nowMs
  }

  /** What the local state takes, approximately; `undefined` while it is not open. */
  async stateBytes(): Promise<number | undefined> {
    return this.status === 'RUNNING' ? this.#opened?.db.approximateBytes() : undefined
  }

  /**
   * Makes the task ready in the order that exactly-once needs: fence the predecessor, then ask for the position, then
   * restore the state to it.
   * @throws TaskMigratedError, TaskCorruptedError, StateStoreError, LogError
   */
  async open(): Promise<void> {
    this.#lifecycle.moveTo('RESTORING')
    this.#opening = this.#open()
    await this.#opening
  }

  /** Processes until `suspend` is called; resolves then. Rejects when the task cannot go on. */
  run(): Promise<void> {
    this.#lifecycle.moveTo('RUNNING')
    this.#stopping = false
    this.#running = this.#loop()
    return this.#running
  }

  /**
   * Ends `run` after the batch in hand and commits a position that nothing has carried yet: another owner may come now.
   * @throws what a commit throws; then only `close` is left
   */
  async suspend(): Promise<void> {
    this.#stopping = true
    await this.#running.catch(() => {})
    if (this.status !== 'RUNNING') return
    this.#lifecycle.moveTo('SUSPENDED')
    await this.#commits!.submitPosition(this.#reached())
  }

  /** Gives everything back without committing: what was not committed is processed again by the next owner. */
  async close(): Promise<void> {
    if (this.status === 'CLOSED') return
    this.#stopping = true
    this.#lifecycle.moveTo('CLOSED')
    await this.#opening.catch(() => {})
    await Promise.allSettled([this.#reader?.close(), this.#committer?.close()])
    await this.#running.catch(() => {})
    await this.#opened?.close()
  }

  get #source(): { readonly topic: string; readonly partition: number } {
    return { topic: this.#options.topology.sources[0]!.topic, partition: this.#options.partition }
  }

  async #open(): Promise<void> {
    const { applicationId, topology, partition, log, guarantee, transactionTimeoutMs, limits, clock, observer } =
      this.#options
    this.#committer = await openCommitter({
      log,
      groupId: applicationId,
      taskId: this.taskId,
      guarantee,
      transactionTimeoutMs,
    })
    this.#opened = await openTaskState({
      ...this.#options,
      taskId: this.taskId,
      subTopology: topology.id,
      stores: topology.stores,
      source: this.#source,
      streamTime: this.#streamTime,
      stopped: () => this.#stopping,
      onProgress: (progress) => observer.restoring(progress),
    })
    const { state, db, position, timestampMs, isNew, trimmer } = this.#opened
    const last = timestampMs === undefined ? undefined : { timestampMs }
    this.#position = position
    this.#processor = new BatchProcessor({
      topology,
      taskId: this.taskId,
      partition,
      state,
      streamTime: this.#streamTime,
      lastTimed: last,
      count: (name, by) => observer.count(name, by),
    })
    const isInternal = topology.sources[0]!.internal !== undefined
    this.#commits = new CommitPipeline({
      applicationId,
      subTopology: topology.id,
      inputTrimmer: isInternal ? new InputTrimmer({ log, source: this.#source, clock }) : undefined,
      source: this.#source,
      definition: this.#options.definition,
      isNew,
      committed: position,
      committer: this.#committer,
      trimmer,
      db,
      state,
      clock,
      onCommitted: (commit) => observer.committed(commit),
    })
    this.#reader = await log.openReader({
      ...this.#source,
      offset: this.#position,
      isolation: 'read-committed',
      maxBytes: limits.maxBytes,
    })
    this.#idleSinceMs = clock.nowMs()
    const { tick } = this.#options
    if (tick !== undefined) this.#ticker = new Ticker({ ...tick, partition, clock, last })
  }

  async #loop(): Promise<void> {
    const { limits, observer } = this.#options
    while (!this.#stopping) {
      const batch = await this.#reader!.poll(limits.maxWaitMs)
      observer.polled(batch)
      for (let start = 0; start < batch.records.length; start += limits.maxRecords) {
        const records = batch.records.slice(start, start + limits.maxRecords)
        await this.#step(records, batch.records[start + limits.maxRecords]?.offset ?? batch.nextOffset)
        // What a suspended task leaves of its batch is read again.
        if (this.#stopping) break
      }
      if (batch.records.length === 0) await this.#idle(batch)
    }
    await this.#commits!.settle()
    this.#reader!.seek(this.#position)
  }

  async #step(records: readonly LogRecord[], nextOffset: number): Promise<void> {
    const outgoing = await this.#processor!.process(records)
    const { observer, clock } = this.#options
    this.#position = nextOffset
    this.#ticker?.passed(this.#processor!.lastTimed)
    this.#idleSinceMs = clock.nowMs()
    observer.count('records', records.length)
    await this.#commits!.submit(outgoing, this.#reached(), records[0]!.timestampMs)
  }

  async #idle(batch: FetchedBatch): Promise<void> {
    this.#position = batch.nextOffset
    const { waitsUntilMs } = this.#processor!
    const tick = this.#ticker?.due({ batch, streamTimeMs: this.streamTimeMs, waitsUntilMs })
    if (tick !== undefined) return this.#commits!.submit([tick], this.#reached(), this.#options.clock.nowMs())
    if (this.#options.clock.nowMs() - this.#idleSinceMs >= idlePositionMs)
      await this.#commits!.submitPosition(this.#reached())
  }

  #reached(): Position {
    const { timestampMs } = this.#processor?.lastTimed ?? {}
    return { offset: this.#position, streamTimeMs: this.#streamTime.nowMs, timestampMs }
  }
}
