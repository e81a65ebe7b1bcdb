import type { RestoreStatus } from './restore-report.ts'

/** Kafka Streams' names for what an instance does. */
export type AppState = 'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'NOT_RUNNING' | 'ERROR'
export type TaskState = 'CREATED' | 'RESTORING' | 'RUNNING' | 'SUSPENDED' | 'CLOSED'

export interface TaskHealth {
  readonly taskId: string
  readonly state: TaskState
  /** Records between the task's position and the end of its partition. */
  readonly lag?: number
  readonly restore?: RestoreStatus
  /** Decisions in the log that are not what was decided after a reset. */
  readonly differingDecisions?: number
  /** How long the last stable offset has stood still below the high watermark. */
  readonly openTransactionAgeMs?: number
}

export interface StandbyHealth {
  readonly taskId: string
  readonly state: TaskState
  /** Changelog records that the copy lacks; absent until it has looked. */
  readonly lag?: number
}

/** What the engine knows about itself at a moment. */
export interface HealthSnapshot {
  readonly state: AppState
  readonly tasks: readonly TaskHealth[]
  readonly standbys?: readonly StandbyHealth[]
  /** By the `host:port` of each instance that published one: the partitions (`main-0`) whose tasks it has. */
  readonly owners?: Readonly<Record<string, readonly string[]>>
  /** Why the log cannot be reached now; absent when it can. */
  readonly logUnavailable?: string
  /** Why the instance ended, in state ERROR. */
  readonly error?: string
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'not-ready'
  /** One sentence each; empty when ready. */
  readonly reasons: readonly string[]
  readonly state: AppState
  readonly tasks: readonly TaskHealth[]
  readonly standbys: readonly StandbyHealth[]
  readonly owners: Readonly<Record<string, readonly string[]>>
}

export interface HealthOptions {
  /** From this age on, an open transaction that holds readers back counts. Default 30,000. */
  readonly maxOpenTransactionAgeMs?: number
}

/** Whether the process deserves to live: only an engine that ended with an error does not. */
export const isAlive = ({ state }: HealthSnapshot): boolean => state !== 'ERROR'

/**
 * Ready: the log answers and every task of this instance runs. An instance without tasks is ready: it stands by.
 *
 * A transaction of somebody else that holds back the last stable offset makes it *degraded*, which still counts as
 * ready: input waits behind that transaction whichever instance reads it, and restarting this one would not help.
 */
export function healthReport(
  snapshot: HealthSnapshot,
  { maxOpenTransactionAgeMs = 30_000 }: HealthOptions = {},
): HealthReport {
  const { state, tasks, standbys = [], owners = {} } = snapshot
  const notReady: string[] = []
  if (snapshot.logUnavailable !== undefined) notReady.push(`the log is unavailable: ${snapshot.logUnavailable}`)
  if (state !== 'RUNNING') notReady.push(`the instance is ${state}${snapshot.error ? `: ${snapshot.error}` : ''}`)
  notReady.push(...tasks.filter((task) => task.state !== 'RUNNING').map(notRunning))
  const heldBack = tasks
    .filter(({ openTransactionAgeMs = 0 }) => openTransactionAgeMs >= maxOpenTransactionAgeMs)
    .map(({ taskId, openTransactionAgeMs = 0 }) => {
      const seconds = Math.floor(openTransactionAgeMs / 1000)
      return `task ${taskId} waits behind a transaction that has been open for ${seconds} s; end its producer`
    })
  const differing = tasks
    .filter(({ differingDecisions = 0 }) => differingDecisions > 0)
    .map(
      ({ taskId, differingDecisions }) =>
        `task ${taskId} decides ${differingDecisions} decisions otherwise than the log holds them since the reset`,
    )
  const status = notReady.length > 0 ? 'not-ready' : heldBack.length + differing.length > 0 ? 'degraded' : 'ready'
  return { status, reasons: [...notReady, ...heldBack, ...differing], state, tasks, standbys, owners }
}

function notRunning({ taskId, state, restore }: TaskHealth): string {
  return `task ${taskId} is ${state}${restore === undefined ? '' : `, ${restoreText(restore)}`}`
}

function restoreText({ remaining, total, perSecond, secondsLeft }: RestoreStatus): string {
  const pace = secondsLeft === undefined ? '' : ` at ${perSecond} a second; about ${secondsLeft} s left`
  return `${total - remaining} of ${total} records restored${pace}`
}
