import type { StoreDef } from '../state/stores.ts'
import type { Deployment } from '../topology/deployment.ts'
import { changelogSpec, systemStore } from './changelog.ts'
import { applicationIdOf } from './deployment-port.ts'
import type { TaskParts } from './generation.ts'

/** Makes the changelogs of a deployment's state, those that are not there yet. */
export async function createChangelogs(
  deployment: Deployment,
  stores: readonly StoreDef<never>[],
  { applicationId, log, source }: Pick<TaskParts, 'applicationId' | 'log' | 'source'>,
): Promise<void> {
  const { partitions } = (await log.describeTopic(source.topic))!
  for (const store of [...stores, systemStore] as const) {
    const spec = changelogSpec(applicationIdOf(applicationId, deployment), store, partitions)
    await log.createTopic({ ...spec, config: { ...spec.config, ...deletable(spec.config) } })
  }
}

/** Of a generation that has had its day everything is deleted, which brokers only do where deleting is a policy. */
const deletable = (config: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  config['cleanup.policy'] === 'compact'
    ? { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
    : {}
