import { setImmediate as turnOfOthers } from 'node:timers/promises'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import {
  type Deployment,
  type Deployments,
  deploymentStore,
  deploymentsIn,
  noDeployments,
} from '../topology/deployment.ts'
import { BatchProcessor, StreamTime } from './batch-processor.ts'
import { type CommitFacts, CommitPipeline } from './commit-pipeline.ts'
import type { Committer } from './committer.ts'
import { applicationIdOf, type TaskDefinition } from './deployment-port.ts'
import { InputTrimmer } from './input-trimmer.ts'
import { layoutOf } from './layout.ts'
import { type OpenedState, type OpenStateOptions, openTaskState } from './open-state.ts'
import { type Position, type ResetMarks, resetMarksAt } from './position.ts'

export interface GenerationOptions
  extends Omit<OpenStateOptions, 'stores' | 'streamTime' | 'applicationId' | 'definition' | 'groupId'> {
  /** The application's, not the generation's. */
  readonly applicationId: string
  /** `undefined` for the definition of the beginning. */
  readonly deployment: Deployment | undefined
  readonly defined: TaskDefinition
  /** True when it does not decide yet: then its own position counts, not the group's, and nothing moves the group's. */
  readonly isWarmingUp: boolean
  readonly committer: Committer
  readonly count: (name: string, by?: number) => void
  readonly onCommitted: (commit: CommitFacts) => void
}

/** What every generation of a task is opened with. */
export type TaskParts = Omit<GenerationOptions, 'deployment' | 'defined' | 'isWarmingUp' | 'committer'>

/**
 * One definition with the state that it has computed: what a task runs, or prepares to run. Another definition is another
 * generation with stores of its own, so that none ever reads what the other wrote.
 */
export class Generation {
  readonly deployment: Deployment | undefined
  readonly defined: TaskDefinition
  readonly commits: CommitPipeline
  /** The next input offset to process. */
  position: number
  readonly resetMarks: ResetMarks
  readonly #opened: OpenedState
  readonly #streamTime: StreamTime
  readonly #processor: BatchProcessor
  #closing: Promise<void> | undefined

  private constructor(options: GenerationOptions, opened: OpenedState, streamTime: StreamTime) {
    const { deployment, defined, taskId, subTopology, source, committer, applicationId, log, clock } = options
    const { count, onCommitted } = options
    const { state, writeBehind, isNew, trimmer, position, timestampMs } = opened
    this.#opened = opened
    this.#streamTime = streamTime
    this.deployment = deployment
    this.defined = defined
    this.position = position
    this.resetMarks = opened.resetMarks
    this.#processor = new BatchProcessor({
      topology: defined.topology,
      taskId,
      partition: source.partition,
      state,
      streamTime,
      lastTimed: timestampMs === undefined ? undefined : { timestampMs },
      count,
      // The commit on its way and the fetch ahead go on meanwhile; without it they stand still while a batch is processed.
      giveWay: turnOfOthers,
    })
    const isInternal = defined.topology.sources[0]!.internal !== undefined
    this.commits = new CommitPipeline({
      applicationId: applicationIdOf(applicationId, deployment),
      subTopology,
      inputTrimmer: isInternal ? new InputTrimmer({ log, source, clock }) : undefined,
      source,
      definition: defined.definition,
      layout: layoutOf(defined.topology.stores),
      isNew,
      committed: position,
      committer,
      trimmer,
      streamTime,
      state,
      writeBehind,
      clock,
      onCommitted,
    })
  }

  /** @throws what `openTaskState` throws */
  static async open(options: GenerationOptions): Promise<Generation> {
    const { applicationId, deployment, defined, isWarmingUp } = options
    const streamTime = new StreamTime()
    const opened = await openTaskState({
      ...options,
      applicationId: applicationIdOf(applicationId, deployment),
      groupId: isWarmingUp ? null : applicationId,
      definition: defined.definition,
      stores: defined.topology.stores,
      streamTime,
    })
    return new Generation(options, opened, streamTime)
  }

  get lastTimed() {
    return this.#processor.lastTimed
  }

  get streamTimeMs(): number {
    return this.#streamTime.nowMs
  }

  get waitsUntilMs(): number {
    return this.#processor.waitsUntilMs
  }

  /** What the log has deployed up to the position, as this generation has read it. */
  get deployments(): Deployments {
    const { topology } = this.defined
    return topology.stores.includes(deploymentStore)
      ? deploymentsIn(this.#opened.state.store(deploymentStore))
      : noDeployments
  }

  stateBytes(): Promise<number> {
    return this.#opened.db.approximateBytes()
  }

  process(records: readonly LogRecord[], mostTaken?: number): Promise<readonly OutgoingRecord[]> {
    return this.#processor.process(records, mostTaken)
  }

  /** How many of the last batch's records were processed. */
  get passed(): number {
    return this.#processor.passed
  }

  /** How many of those were not dropped by the source. */
  get taken(): number {
    return this.#processor.taken
  }

  /** How far it has come, as a commit says it. */
  reached(): Position {
    const { position: offset, streamTimeMs, resetMarks } = this
    return { offset, streamTimeMs, timestampMs: this.lastTimed?.timestampMs, ...resetMarksAt(offset, resetMarks) }
  }

  /** A second time does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#opened.close()
    return this.#closing
  }
}
