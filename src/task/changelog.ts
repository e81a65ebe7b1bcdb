import type { TopicSpec } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { StoreDef } from '../state/stores.ts'
import { systemColumn } from '../state/system.ts'
import type { ChangelogEntry } from '../state/task-state.ts'

/** The pseudo-store of a task's own records: its input position, stream time and rule set. */
export const systemStore = systemColumn

/** The system store as a restore sees it: plain bytes by key. */
export const systemStoreDef: StoreDef<Buffer> = {
  kind: 'key-value',
  name: systemStore,
  serde: { serialize: (bytes) => bytes, deserialize: (bytes) => bytes },
}

/**
 * Kafka Streams' name for a store's changelog. Each sub-topology has a system store, so that those after the first are told
 * apart by their numbers.
 */
export function changelogTopic(applicationId: string, store: string, subTopology = 0): string {
  const name = store === systemStore && subTopology > 0 ? `${store}-${subTopology}` : store
  return `${applicationId}-${name}-changelog`
}

/**
 * How a store's changelog must be kept. Key-value stores: compacted, the last value of each key stays. Timestamped and
 * window stores: nothing is dropped by the broker's clock, the engine trims what retention has passed.
 */
export function changelogSpec(
  applicationId: string,
  store: StoreDef<never> | typeof systemStore,
  partitions: number,
  subTopology = 0,
): TopicSpec {
  if (store === systemStore)
    return { topic: changelogTopic(applicationId, systemStore, subTopology), partitions, config: compacted }
  const config = store.kind === 'key-value' ? compacted : trimmedByEngine
  return { topic: changelogTopic(applicationId, store.name), partitions, config }
}

/** Local state that was away for longer than this could miss a deletion. */
const deletionsKeptMs = 30 * 86_400_000
const compacted = { 'cleanup.policy': 'compact', 'delete.retention.ms': String(deletionsKeptMs) }
const trimmedByEngine = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
const noHeaders = {}

/** What goes from one sub-topology to another is an event's part with a few facts more. */
const repartitionBytes = 16 * 1_048_576

/** How a topic between two sub-topologies must be kept: the engine deletes from it what has been processed. */
export const repartitionSpec = (topic: string, partitions: number): TopicSpec => ({
  topic,
  partitions,
  config: { ...trimmedByEngine, 'max.message.bytes': String(repartitionBytes) },
})

/** Whose changelogs they are. */
export interface ChangelogOwner {
  readonly applicationId: string
  readonly subTopology: number
  readonly partition: number
}

/** Makes stores' changes records of their changelogs, in the task's partition. */
export function changelogRecords({ applicationId, subTopology, partition }: ChangelogOwner) {
  // One text a topic: equal texts that are one are compared and looked up at once.
  const topics = new Map<string, string>()
  return ({ store, key, value }: ChangelogEntry): OutgoingRecord => {
    let topic = topics.get(store)
    if (topic === undefined) {
      topic = changelogTopic(applicationId, store, subTopology)
      topics.set(store, topic)
    }
    return { topic, partition, key, value, headers: noHeaders }
  }
}
