import { ConfigError, LogError } from '../errors.ts'
import type { LogClient } from '../log/log.ts'
import { changelogSpec, repartitionSpec, systemStore } from '../task/changelog.ts'
import type { SubTopology } from '../topology/topology.ts'

/** The partitions of each source topic, as tasks and changelogs count them. */
export type PartitionCounts = ReadonlyMap<string, number>

/**
 * Checks the topics of the sub-topologies, and makes their changelogs and internal topics.
 * @throws LogError `topic-missing`; ConfigError `partition-count-changed`, `not-co-partitioned`
 */
export async function prepareTopics(
  log: LogClient,
  applicationId: string,
  subTopologies: readonly SubTopology[],
): Promise<PartitionCounts> {
  const counts = new Map<string, number>()
  for (const subTopology of subTopologies) {
    for (const { topic, internal } of subTopology.sources) {
      if (internal !== undefined) await log.createTopic(repartitionSpec(topic, internal.partitions))
      const description = await log.describeTopic(topic)
      if (description === undefined) {
        throw new LogError('topic-missing', `the topic "${topic}" does not exist; create it with "weir topics create"`)
      }
      counts.set(topic, description.partitions)
    }
    await prepareChangelogs(log, applicationId, subTopology, counts)
  }
  return counts
}

async function prepareChangelogs(
  log: LogClient,
  applicationId: string,
  { id, sources, stores }: SubTopology,
  counts: PartitionCounts,
): Promise<void> {
  const [{ topic }] = sources as [SubTopology['sources'][number]]
  const partitions = counts.get(topic)!
  checkCoPartitioned(
    sources.map((source) => source.topic),
    counts,
  )
  for (const store of [...stores, systemStore] as const) {
    const spec = changelogSpec(applicationId, store, partitions, id)
    await log.createTopic(spec)
    const changelog = await log.describeTopic(spec.topic)
    if (changelog !== undefined && changelog.partitions !== partitions) {
      throw new ConfigError(
        'partition-count-changed',
        `"${topic}" has ${partitions} partitions, but "${spec.topic}" was made for ${changelog.partitions}: ${remedy}`,
      )
    }
  }
}

/** @throws ConfigError `not-co-partitioned` when topics that are read together have different counts */
export function checkCoPartitioned(topics: readonly string[], counts: PartitionCounts): void {
  const [first, ...others] = topics
  const other = others.find((topic) => counts.get(topic) !== counts.get(first!))
  if (other === undefined) return
  throw new ConfigError(
    'not-co-partitioned',
    `"${first}" has ${counts.get(first!)} partitions and "${other}" has ${counts.get(other)}, but they are read together: ` +
      'a key would be in different tasks. Make a topic with the same number, and move the records into it',
  )
}

/** Looks again while the application runs: `partition-count-changed` when somebody gave a topic another number of partitions. */
export async function changedCount(log: LogClient, counts: PartitionCounts): Promise<ConfigError | undefined> {
  for (const [topic, partitions] of counts) {
    // When the log is away, the tasks hear of it by themselves.
    const now = (await log.describeTopic(topic).catch(() => undefined))?.partitions
    if (now === undefined || now === partitions) continue
    return new ConfigError(
      'partition-count-changed',
      `"${topic}" has ${now} partitions since a moment ago, but its state was computed with ${partitions}: ${remedy}`,
    )
  }
  return undefined
}

const remedy =
  'a key would move to a partition without its history. Start a new application id, or move the events into a new topic'
