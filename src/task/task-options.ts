import type { FetchedBatch, Log } from '../log/log.ts'
import type { StateEngine } from '../state/engine.ts'
import type { Clock } from '../time/clock.ts'
import type { CommitFacts } from './commit-pipeline.ts'
import type { ProcessingGuarantee } from './committer.ts'
import type { InForce, WarmUpProgress } from './deployment-ledger.ts'
import type { DeploymentPort, TaskDefinition } from './deployment-port.ts'
import type { RestoreProgress } from './open-state.ts'

export interface BatchLimits {
  /** Records processed and committed together at most, those not counted that the source drops unread. */
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
  /** The state of a deployment is being made. */
  warmingUp?(progress: WarmUpProgress): void
  /** Another definition decides from here on. */
  activated?(inForce: Pick<InForce, 'hash' | 'offset'>): void
}

export interface StreamTaskOptions extends TaskDefinition {
  readonly applicationId: string
  readonly partition: number
  readonly log: Log
  readonly engine: StateEngine
  /** The folder of all tasks; this one uses `<stateDir>/<applicationId>/<taskId>`, and others for what is deployed. */
  readonly stateDir: string
  readonly guarantee: ProcessingGuarantee
  readonly limits: BatchLimits
  /**
   * Changelog entries that a restore applies together with the position they reach, at least: what a crash in a restore
   * repeats. Default 2,000.
   */
  readonly restoreBatchEntries?: number
  /** What the task may keep of its state in memory, for all stores together. Default 32 MiB. */
  readonly cacheBytes?: number
  /** See `WriteBehindOptions.limitBytes`. */
  readonly writeBehindBytes?: number
  /** The log ends a transaction that stays open longer. */
  readonly transactionTimeoutMs: number
  readonly clock: Clock
  readonly observer: TaskObserver
  /** Makes what the log deploys into definitions to run. Default: the task stays with the one it has. */
  readonly deployments?: DeploymentPort
  /** Records of a deployment's warm-up processed and committed together at most. Default 500. */
  readonly warmUpRecords?: number
}
