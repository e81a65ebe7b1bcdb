import type { TopicPartition } from '../record/record.ts'
import type { SubTopology, Topology } from '../topology/topology.ts'

/** Which task reads a partition. */
export interface TaskPlace extends TopicPartition {
  readonly taskId: string
  readonly subTopology: SubTopology
}

export function placeOf({ subTopologies }: Topology, { topic, partition }: TopicPartition): TaskPlace {
  const subTopology = subTopologies.find(({ sources }) => sources.some((source) => source.topic === topic))!
  return { topic, partition, subTopology, taskId: `${subTopology.id}_${partition}` }
}

/** What `nameOf` made a name of. */
export function partitionNamed(name: string): TopicPartition {
  const dash = name.lastIndexOf('-')
  return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) }
}

/** The partition that a task reads; `undefined` when the topology has no such task. */
export function sourceOf({ subTopologies }: Topology, taskId: string): TopicPartition | undefined {
  const [id, partition] = taskId.split('_').map(Number)
  const topic = subTopologies.find((each) => each.id === id)?.sources[0]?.topic
  return topic === undefined ? undefined : { topic, partition: partition! }
}
