import type { TopicPartition } from '../../record/record.ts'
import type { GroupOptions, Share } from '../log.ts'
import type { Apis } from './apis.ts'
import { check, codes } from './broker-error.ts'
import { calling } from './callback-error.ts'
import type { Cluster } from './cluster.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import type { Link } from './link.ts'
import { groupResource } from './resource.ts'

const defaultSessionTimeoutMs = 10_000
const defaultRebalanceTimeoutMs = 60_000
/** A join waits for the slowest member; the answer may come this much after that, ms. */
const answerGraceMs = 10_000

type JoinResponse = Apis['JoinGroup']['response']

export interface Joined {
  readonly generationId: number
  readonly share: Required<Share>
}

/** One round of a group for one member: join, assign if it is the leader, and hear what it got. */
export class JoinRound {
  readonly #cluster: Cluster
  readonly #options: GroupOptions

  constructor(cluster: Cluster, options: GroupOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** `onMemberId` hears the id that the group gave, as soon as it is known. @throws BrokerError, LinkError */
  async join(
    link: Link,
    memberId: string,
    generationId: number,
    onMemberId: (memberId: string) => void,
  ): Promise<Joined> {
    const { groupId } = this.#options
    let response = await this.#join(link, memberId, generationId)
    if (response.errorCode === codes.MEMBER_ID_REQUIRED) {
      onMemberId(response.memberId)
      response = await this.#join(link, response.memberId, generationId)
    }
    check(response.errorCode, groupResource(groupId))
    onMemberId(response.memberId)
    const isLeader = response.leaderId === response.memberId
    const synced = await link.request(
      'SyncGroup',
      {
        groupId,
        generationId: response.generationId,
        memberId: response.memberId,
        groupAssignment: isLeader ? await this.#assign(response) : [],
      },
      this.#answerMs(),
    )
    check(synced.errorCode, groupResource(groupId))
    return { generationId: response.generationId, share: decodeAssignment(synced.memberAssignment) }
  }

  async #join(link: Link, memberId: string, generationId: number): Promise<JoinResponse> {
    const { groupId, topics, assignorName, userData } = this.#options
    const { sessionTimeoutMs = defaultSessionTimeoutMs, rebalanceTimeoutMs = defaultRebalanceTimeoutMs } = this.#options
    const metadata = encodeSubscription(topics, await calling(userData), generationId)
    const request = {
      groupId,
      memberId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      protocolType: 'consumer',
      groupProtocols: [{ name: assignorName, metadata }],
    } as const
    return link.request('JoinGroup', request, this.#answerMs())
  }

  #answerMs(): number {
    return (this.#options.rebalanceTimeoutMs ?? defaultRebalanceTimeoutMs) + answerGraceMs
  }

  async #assign(response: JoinResponse): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const members = response.members
      .map((member) => decodeSubscription(member.memberId, member.memberMetadata))
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort()
    const partitions = await this.#partitionsOf(topics)
    const shares = await calling(() => this.#options.assignor(members, partitions))
    return members.map(({ memberId }) => ({
      memberId,
      memberAssignment: encodeAssignment(shares.get(memberId) ?? { partitions: [] }),
    }))
  }

  async #partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    await this.#cluster.refresh(topics)
    const partitions: TopicPartition[] = []
    for (const topic of topics) {
      const leaders = (await this.#cluster.topic(topic))?.leaders ?? []
      for (const partition of leaders.keys()) partitions.push({ topic, partition })
    }
    return partitions
  }
}
