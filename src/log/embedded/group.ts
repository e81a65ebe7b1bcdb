import type { TopicPartition } from '../../record/record.ts'
import type { Clock } from '../../time/clock.ts'
import type { Assignor, GroupMember, GroupMembership, GroupOptions } from '../log.ts'
import { Member } from './member.ts'

/** The partitions of those topics that exist. */
export type PartitionsOf = (topics: Iterable<string>) => TopicPartition[]

/**
 * A group whose members live in the log's own process. Each round is eager, as kafkajs's are: every member gives up
 * what it holds, then the first member's assignor shares everything out anew. No heartbeats: members die with the log.
 */
export class Group {
  readonly #groupId: string
  readonly #clock: Clock
  readonly #partitionsOf: PartitionsOf
  readonly #members = new Map<string, Member>()
  #joins = 0
  #requested = false
  #running = false
  #closed = false

  constructor(groupId: string, clock: Clock, partitionsOf: PartitionsOf) {
    this.#groupId = groupId
    this.#clock = clock
    this.#partitionsOf = partitionsOf
  }

  join(options: GroupOptions): GroupMembership {
    const member = new Member(`${this.#groupId}-${++this.#joins}`, options, this.#clock)
    this.#members.set(member.memberId, member)
    this.#request()
    return {
      memberId: member.memberId,
      rejoin: () => {
        if (this.#members.has(member.memberId)) this.#request()
      },
      leave: () => {
        member.leaving = true
        this.#request()
        return member.gone.promise
      },
    }
  }

  topicCreated(topic: string): void {
    if ([...this.#members.values()].some((member) => member.options.topics.includes(topic))) this.#request()
  }

  /** No more callbacks: the log is closing. */
  close(): void {
    this.#closed = true
    for (const member of this.#members.values()) member.gone.resolve()
    this.#members.clear()
  }

  #request(): void {
    this.#requested = true
    if (this.#running || this.#closed) return
    this.#running = true
    void this.#run()
  }

  async #run(): Promise<void> {
    // Whoever joined in the same turn is in the first round.
    await null
    while (this.#requested && !this.#closed) {
      await Promise.all([...this.#members.values()].map((member) => this.#revoke(member)))
      if (this.#closed) break
      // Whoever came or asked while others gave up theirs is part of this round.
      this.#requested = false
      for (const member of this.#members.values()) if (member.leaving) this.#remove(member)
      this.#assign()
    }
    this.#running = false
  }

  async #revoke(member: Member): Promise<void> {
    const outcome = await member.revoke()
    if (outcome === 'failed') this.#remove(member)
    if (outcome === 'late') {
      this.#members.delete(member.memberId)
      void member.settled().then(() => this.#comeBack(member))
    }
  }

  /** After a revocation that took too long. */
  #comeBack(member: Member): void {
    if (this.#closed || member.leaving) {
      member.gone.resolve()
      return
    }
    this.#members.set(member.memberId, member)
    this.#request()
  }

  #assign(): void {
    const members = [...this.#members.values()]
    const [leader] = members
    if (leader === undefined) return
    const shares = this.#share(leader, members)
    if (shares === undefined) return
    for (const member of members) {
      const share = shares.get(member.memberId) ?? { partitions: [] }
      void member.assign(share).then((taken) => {
        if (!taken) this.#drop(member)
      })
    }
  }

  #share(leader: Member, members: readonly Member[]): ReturnType<Assignor> | undefined {
    try {
      const described: GroupMember[] = members.map(({ memberId, options }) => ({
        memberId,
        topics: options.topics,
        userData: options.userData(),
      }))
      return leader.options.assignor(described, this.#partitionsOf(members.flatMap(({ options }) => options.topics)))
    } catch (error) {
      leader.options.onError(error as Error)
      this.#drop(leader)
      return undefined
    }
  }

  /** Leaves without it; what it held goes to the others. */
  #drop(member: Member): void {
    this.#remove(member)
    this.#request()
  }

  #remove(member: Member): void {
    this.#members.delete(member.memberId)
    member.gone.resolve()
  }
}
