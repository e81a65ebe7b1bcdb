import type { StreamTaskOptions } from '../task/task-options.ts'
import type { Topology } from '../topology/topology.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** What every task of the application is told. The application id is the consumer group, too. */
export type TaskSettings = Pick<
  StreamTaskOptions,
  | 'applicationId'
  | 'definition'
  | 'log'
  | 'engine'
  | 'stateDir'
  | 'guarantee'
  | 'limits'
  | 'restoreBatchEntries'
  | 'cacheBytes'
  | 'writeBehindBytes'
  | 'clock'
  | 'tick'
  | 'revise'
  | 'deployments'
>

export interface AppOptions extends TaskSettings {
  readonly topology: Topology
  /** Default 10,000. */
  readonly transactionTimeoutMs?: number
  /** Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Instances that keep a copy of each task's state beside its owner. Default 0. */
  readonly standbyReplicas?: number
  /** Where this instance answers questions about its tasks, as `host:port`: published to the group. */
  readonly endpoint?: string
  /** How long the local state of tasks that are elsewhere stays. Default 600,000. */
  readonly cleanupDelayMs?: number
  readonly logger: Logger
  readonly metrics: Metrics
}
