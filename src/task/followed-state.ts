import type { Log } from '../log/log.ts'
import type { StoreDef } from '../state/stores.ts'
import { deploymentStore } from '../topology/deployment.ts'
import type { SubTopology } from '../topology/topology.ts'
import { deploymentOf, readLedger } from './deployment-ledger.ts'
import { applicationIdOf, type DeploymentPort } from './deployment-port.ts'

/** Which state a standby follows. */
export interface FollowedState {
  /** In the names of changelogs and folders. */
  readonly applicationId: string
  readonly stores: readonly StoreDef[]
}

export interface FollowedStateOptions {
  readonly applicationId: string
  readonly topology: SubTopology
  readonly partition: number
  readonly log: Log
  readonly deployments?: DeploymentPort | undefined
}

/** The state of what decides in the partition now: each deployment has state of its own, with stores of its own. */
export async function followedState(options: FollowedStateOptions): Promise<FollowedState> {
  const { applicationId, topology, partition, log, deployments } = options
  const base = { applicationId, stores: topology.stores }
  if (deployments === undefined || !topology.stores.includes(deploymentStore)) return base
  const deployment = deploymentOf((await readLedger(log, applicationId, partition)).inForce)
  if (deployment === undefined) return base
  const { stores } = deployments.define(deployment).topology
  return { applicationId: applicationIdOf(applicationId, deployment), stores }
}
