import type { TopicSpec } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { StoreDef } from '../state/stores.ts'
import { systemColumn } from '../state/system.ts'
import type { ChangelogEntry } from '../state/task-state.ts'

/** The pseudo-store of a task's own records: its input position, stream time and rule set. */
export const systemStore = systemColumn

/** Kafka Streams' name for a store's changelog. */
export const changelogTopic = (applicationId: string, store: string): string => `${applicationId}-${store}-changelog`

/**
 * How a store's changelog must be kept. Key-value stores: compacted, the last value of each key stays. Timestamped and
 * window stores: nothing is dropped by the broker's clock, the engine trims what retention has passed.
 */
export function changelogSpec(
  applicationId: string,
  store: StoreDef<never> | typeof systemStore,
  partitions: number,
): TopicSpec {
  if (store === systemStore) return { topic: changelogTopic(applicationId, systemStore), partitions, config: compacted }
  const config = store.kind === 'key-value' ? compacted : trimmedByEngine
  return { topic: changelogTopic(applicationId, store.name), partitions, config }
}

/** Local state that was away for longer than this could miss a deletion. */
const deletionsKeptMs = 30 * 86_400_000
const compacted = { 'cleanup.policy': 'compact', 'delete.retention.ms': String(deletionsKeptMs) }
const trimmedByEngine = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
const noHeaders = {}

/** A store's change as a record of its changelog, in the task's partition. */
export const changelogRecord = (applicationId: string, partition: number, entry: ChangelogEntry): OutgoingRecord => ({
  topic: changelogTopic(applicationId, entry.store),
  partition,
  key: entry.key,
  value: entry.value,
  headers: noHeaders,
})
