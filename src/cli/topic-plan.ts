import type { TopicDescription, TopicSpec } from '../log/log.ts'
import { deadLetterTopic, lateTopic } from '../rules/operators/sinks.ts'
import type { StoreDef } from '../state/stores.ts'
import { changelogSpec, repartitionSpec, systemStore } from '../task/changelog.ts'
import { ledgerSpec } from '../task/deployment-port.ts'
import type { SubTopology } from '../topology/topology.ts'

export interface PlannedTopic extends TopicSpec {
  readonly config: Readonly<Record<string, string>>
  /** What it holds, and why it is kept so: for people. */
  readonly why: string
}

export interface TopicPlanOptions {
  readonly appId: string
  readonly mainTopic: string
  readonly partitions: number
  readonly replicationFactor?: number
  /** How long main keeps records; -1 for ever. */
  readonly retentionMs: number
  readonly maxMessageBytes: number
  /** Of the rule set's topology. */
  readonly subTopologies: readonly Pick<SubTopology, 'id' | 'sources' | 'stores'>[]
}

/** A dead letter is its record with a few headers more, and may be one that another setting of main let through. */
const deadLetterBytes = 16 * 1_048_576
/** Room for the coordinates that a late event carries beside the original bytes. */
const headroomBytes = 64 * 1024

/** The topics of an application, main first. All have main's partitions: a task writes to its own partition only. */
export function planTopics(options: TopicPlanOptions): PlannedTopic[] {
  const { appId, mainTopic, partitions, replicationFactor, retentionMs, maxMessageBytes } = options
  const side = (bytes: number) => ({
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
    'max.message.bytes': String(bytes),
  })
  const late = maxMessageBytes + headroomBytes
  const main = {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionMs),
    'max.message.bytes': String(maxMessageBytes),
  }
  const internal = options.subTopologies.flatMap(({ id, sources, stores }) => [
    ...sources
      .filter((source) => source.internal !== undefined)
      .map(({ topic }) => ({
        ...repartitionSpec(topic, partitions),
        why: 'what events add to features across customers; trimmed by Weir when it has been worked out',
      })),
    ...([systemStore, ...stores] as const).map((store) => ({
      ...changelogSpec(appId, store, partitions, id),
      why: changelogReason(store),
    })),
  ])
  const planned = [
    { topic: mainTopic, config: main, why: 'events and decisions; replay reaches back as far as this goes' },
    {
      topic: deadLetterTopic(mainTopic),
      config: side(Math.max(deadLetterBytes, late)),
      why: 'records that could not be read, with the reason; delete what you have dealt with',
    },
    { topic: lateTopic(mainTopic), config: side(late), why: 'events that came after grace' },
    {
      ...ledgerSpec(appId, partitions),
      why: 'which rule set is in force in each partition, and how far the next one is; compacted',
    },
    ...internal,
  ]
  return planned.map((each) => ({
    config: {},
    ...each,
    partitions,
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
  }))
}

function changelogReason(store: StoreDef<never> | typeof systemStore): string {
  if (store === systemStore) return 'positions, stream time and rule set of each task; compacted'
  if (store.kind === 'key-value') return `state of ${store.name}; compacted to the last value of each key`
  return `state of ${store.name}; trimmed by Weir as stream time passes its retention, never by the broker’s clock`
}

/** What is wrong with a topic that is there already: `problem`s keep Weir from starting, `warning`s lose something later. */
export function differences(
  planned: PlannedTopic,
  found: TopicDescription,
): { problems: string[]; warnings: string[] } {
  const problems: string[] = []
  const warnings: string[] = []
  if (found.partitions !== planned.partitions) {
    problems.push(
      `${planned.topic} has ${found.partitions} partitions, not ${planned.partitions}; the number cannot change without breaking the order of keys`,
    )
  }
  const policy = found.config['cleanup.policy'] ?? 'delete'
  const plannedPolicy = planned.config['cleanup.policy'] ?? 'delete'
  if (policy !== plannedPolicy) {
    problems.push(
      `${planned.topic} has cleanup.policy=${policy}; set it to ${plannedPolicy}, or records that Weir needs go away`,
    )
  }
  if (plannedPolicy === 'delete' && planned.config['retention.ms'] === '-1' && found.config['retention.ms'] !== '-1') {
    const kept =
      found.config['retention.ms'] === undefined
        ? 'the broker’s default'
        : `retention.ms=${found.config['retention.ms']}`
    warnings.push(
      `${planned.topic} keeps records for ${kept}; set retention.ms=-1, or what is older is gone for replay and state`,
    )
  }
  return { problems, warnings }
}
