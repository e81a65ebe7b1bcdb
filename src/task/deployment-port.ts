import type { TopicSpec } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Deployment } from '../topology/deployment.ts'
import type { SubTopology } from '../topology/topology.ts'
import type { TickOptions } from './ticker.ts'

/** What a task runs. */
export interface TaskDefinition {
  readonly topology: SubTopology
  /** What the topology was made from, such as a rule set's hash: state of another definition is refused. */
  readonly definition: string
  /** How time passes in an idle partition. Default: it does not. */
  readonly tick?: TickOptions | undefined
  /** Makes a decision into one that supersedes it, by the number of the reset. Default: none is written again. */
  readonly revise?: ((decision: OutgoingRecord, revision: number) => OutgoingRecord) | undefined
}

/** A definition that was deployed, ready to run. */
export interface DeployedDefinition extends TaskDefinition {
  /** Says from which record on it decides; before that, what it writes is of no use. */
  activated(offset: number): void
}

/** How tasks change to definitions that the log deploys. */
export interface DeploymentPort {
  /** The definition of the beginning, as a deployment would carry it: kept in the ledger for others to read. */
  readonly baseContent: string
  /** Makes a deployment into something that runs. Operators have found that it can be done. */
  define(deployment: Deployment): DeployedDefinition
}

/**
 * The application id under which the state of a deployment lies: in its changelogs and folders. Each deployment has state of
 * its own, made by its definition alone.
 */
export const applicationIdOf = (applicationId: string, deployment: Pick<Deployment, 'id'> | undefined): string =>
  deployment === undefined ? applicationId : `${applicationId}-${deployment.id}`

/** Whether `applicationIdOf` gives such an id for some deployment of the application. */
export const isDeploymentOf = (applicationId: string, id: string): boolean =>
  id.startsWith(`${applicationId}-`) && /^[a-z0-9]{1,32}-[0-9a-f]{8}$/.test(id.slice(applicationId.length + 1))

/** Where tasks write which deployment is in force in their partition, and how far they are with the next. */
export const ledgerTopic = (applicationId: string): string => `${applicationId}-deployments`

export const ledgerSpec = (applicationId: string, partitions: number): TopicSpec => ({
  topic: ledgerTopic(applicationId),
  partitions,
  config: { 'cleanup.policy': 'compact' },
})
