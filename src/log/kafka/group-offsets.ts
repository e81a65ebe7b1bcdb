import type { TopicPartition } from '../../record/record.ts'
import type { CommittedOffset } from '../log.ts'
import { offsetResource } from './answer-resource.ts'
import { check } from './broker-error.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import type { Place } from './heartbeat.ts'
import { byTopic, commitTopics } from './offsets.ts'
import { groupResource } from './resource.ts'

const noGeneration = -1

/** Groups' committed offsets, outside of transactions, and their members. */
export class GroupOffsets {
  readonly #cluster: Cluster
  readonly #coordinators = new Map<string, Coordinator>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    // Kafka reads an empty list as all partitions.
    if (partitions.length === 0) return []
    const topics = byTopic(partitions, ({ partition }) => ({ partition }))
    return this.#coordinator(groupId).ask(
      async (link) => {
        const { errorCode, responses } = await link.request('OffsetFetch', { groupId, topics })
        check(errorCode, groupResource(groupId))
        const found: CommittedOffset[] = []
        for (const { topic, partitions: ofTopic } of responses) {
          for (const { partition, offset, metadata, errorCode: code } of ofTopic) {
            check(code, offsetResource(code, groupId, { topic, partition }))
            if (offset !== '-1') found.push({ topic, partition, offset: Number(offset), metadata: metadata ?? '' })
          }
        }
        return inOrderOf(partitions, found)
      },
      { repeatable: true },
    )
  }

  /** Commits as the member at `place`; without one as nobody, which an empty group allows. */
  async commit(groupId: string, offsets: readonly CommittedOffset[], place: Place | undefined): Promise<void> {
    if (offsets.length === 0) return
    await this.#coordinator(groupId).ask(
      async (link) => {
        const { responses } = await link.request('OffsetCommit', {
          groupId,
          groupGenerationId: place?.generationId ?? noGeneration,
          memberId: place?.memberId ?? '',
          topics: commitTopics(offsets),
        })
        for (const { topic, partitions } of responses) {
          for (const { partition, errorCode } of partitions) {
            check(errorCode, offsetResource(errorCode, groupId, { topic, partition }))
          }
        }
      },
      { repeatable: true },
    )
  }

  async members(groupId: string): Promise<number> {
    return this.#coordinator(groupId).ask(
      async (link) => {
        const { groups } = await link.request('DescribeGroups', { groupIds: [groupId] })
        check(groups[0]!.errorCode, groupResource(groupId))
        return groups[0]!.members.length
      },
      { repeatable: true },
    )
  }

  close(): void {
    for (const coordinator of this.#coordinators.values()) coordinator.close()
  }

  #coordinator(groupId: string): Coordinator {
    let coordinator = this.#coordinators.get(groupId)
    if (coordinator === undefined) {
      coordinator = new Coordinator(this.#cluster, 'group', groupId, this.#cluster.links)
      this.#coordinators.set(groupId, coordinator)
    }
    return coordinator
  }
}

function inOrderOf(partitions: readonly TopicPartition[], found: readonly CommittedOffset[]): CommittedOffset[] {
  return partitions.flatMap(({ topic, partition }) =>
    found.filter((offset) => offset.topic === topic && offset.partition === partition),
  )
}
