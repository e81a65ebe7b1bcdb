import { expect, it } from 'vitest'
import type { Assignor, GroupMember, GroupMembership, GroupOptions, Log } from '../../../src/log/log.ts'
import { nameOf, type TopicPartition } from '../../../src/record/record.ts'
import { fresh, type LogFixture, patience } from './fixture.ts'

/** Partitions in turn to members sorted by their user data. */
const inTurn: Assignor = (members, partitions) => {
  const sorted = members.toSorted((a, b) => Buffer.compare(a.userData, b.userData))
  const share = (turn: number): TopicPartition[] => partitions.filter((_, i) => i % sorted.length === turn)
  return new Map(
    sorted.map(({ memberId }, turn) => [
      memberId,
      { partitions: share(turn), userData: Buffer.from(`${turn + 1} of ${sorted.length}`) },
    ]),
  )
}

/** A member that notes what it holds, and every moment in which a partition has two owners. */
class Participant {
  readonly held = new Set<string>()
  /** What the assignor told it last. */
  told = ''
  readonly errors: Error[] = []
  assignments = 0
  revocations = 0
  lost = 0
  /** Awaited in `onRevoked`. */
  revoking: Promise<void> = Promise.resolve()
  membership: GroupMembership | undefined
  readonly #name: string
  readonly #owners: Map<string, string>
  readonly #conflicts: string[]

  constructor(name: string, owners: Map<string, string>, conflicts: string[]) {
    this.#name = name
    this.#owners = owners
    this.#conflicts = conflicts
  }

  async join(log: Log, options: Pick<GroupOptions, 'groupId' | 'topics'> & Partial<GroupOptions>): Promise<void> {
    this.membership = await log.joinGroup({
      assignor: inTurn,
      assignorName: 'in-turn',
      userData: () => Buffer.from(this.#name),
      onAssigned: async (partitions, userData) => {
        this.told = userData.toString()
        this.#assigned(partitions.map(nameOf))
      },
      onRevoked: async (partitions) => {
        this.revocations++
        await this.revoking
        for (const { topic, partition } of partitions) this.#release(nameOf({ topic, partition }))
      },
      onLost: async () => {
        this.lost++
      },
      onError: (error) => this.errors.push(error),
      ...options,
    })
  }

  #assigned(partitions: string[]): void {
    this.assignments++
    this.held.clear()
    for (const partition of partitions) {
      if (this.#owners.has(partition)) this.#conflicts.push(partition)
      this.#owners.set(partition, this.#name)
      this.held.add(partition)
    }
  }

  #release(partition: string): void {
    this.#owners.delete(partition)
    this.held.delete(partition)
  }
}

export function groupContract(fixture: LogFixture): void {
  const setUp = async (partitions: number) => {
    const topic = await fixture.topic(partitions)
    const conflicts: string[] = []
    const owners = new Map<string, string>()
    const all = Array.from({ length: partitions }, (_, partition) => nameOf({ topic, partition }))
    return {
      group: { groupId: fresh('group'), topics: [topic] },
      all,
      conflicts,
      member: (name: string) => new Participant(name, owners, conflicts),
    }
  }
  const sorted = (held: ReadonlySet<string>): string[] => [...held].sort()

  it('gives a single member every partition of its topics', async () => {
    const { group, member } = await setUp(3)
    const second = await fixture.topic(2)
    const alone = member('a')
    await alone.join(fixture.log, { ...group, topics: [...group.topics, second] })
    await expect.poll(() => alone.held.size, patience).toBe(5)
    expect(alone.membership!.memberId).not.toBe('')
    await alone.membership!.leave()
    expect(alone.held.size).toBe(0)
    expect(alone.lost).toBe(0)
  })

  it('shares with a second member once the first has let go, and gives all back when it leaves', async () => {
    const { group, all, conflicts, member } = await setUp(4)
    const [first, second] = [member('a'), member('b')]
    await first.join(fixture.log, group)
    await expect.poll(() => sorted(first.held), patience).toEqual(all)

    const gate = Promise.withResolvers<void>()
    first.revoking = gate.promise
    const joined = second.join(await fixture.another(), group)
    await expect.poll(() => first.revocations, patience).toBe(1)
    expect(second.assignments).toBe(0)
    expect(first.held.size).toBe(4)
    gate.resolve()
    await joined
    await expect.poll(() => [first.held.size, second.held.size], patience).toEqual([2, 2])
    expect(sorted(new Set([...first.held, ...second.held]))).toEqual(all)

    expect([first.told, second.told]).toEqual(['1 of 2', '2 of 2'])

    await second.membership!.leave()
    expect(second.held.size).toBe(0)
    await expect.poll(() => sorted(first.held), patience).toEqual(all)
    await first.membership!.leave()
    expect(conflicts).toEqual([])
    expect([first.lost, second.lost, first.errors, second.errors]).toEqual([0, 0, [], []])
  })

  it('tells the assignor the members, what they say and the partitions', async () => {
    const { group, all, member } = await setUp(2)
    const rounds: { members: readonly GroupMember[]; partitions: readonly TopicPartition[] }[] = []
    const assignor: Assignor = (members, partitions) => {
      rounds.push({ members, partitions })
      return inTurn(members, partitions)
    }
    const [first, second] = [member('a'), member('b')]
    await first.join(fixture.log, { ...group, assignor, userData: () => Buffer.from([0, 1, 255]) })
    await expect.poll(() => first.held.size, patience).toBe(2)
    await second.join(await fixture.another(), { ...group, assignor, userData: () => Buffer.alloc(0) })
    await expect.poll(() => [first.held.size, second.held.size], patience).toEqual([1, 1])

    const last = rounds.at(-1)!
    expect(last.partitions.map(nameOf)).toEqual(all)
    const byId = (a: GroupMember, b: GroupMember) => (a.memberId < b.memberId ? -1 : 1)
    expect(last.members.toSorted(byId)).toEqual(
      [
        { memberId: first.membership!.memberId, topics: group.topics, userData: Buffer.from([0, 1, 255]) },
        { memberId: second.membership!.memberId, topics: group.topics, userData: Buffer.alloc(0) },
      ].sort(byId),
    )
    await second.membership!.leave()
    await first.membership!.leave()
  })

  it('runs a new round when a member asks for one, with fresh user data', async () => {
    const { group, member } = await setUp(2)
    const alone = member('a')
    const seen: string[] = []
    let round = 0
    const assignor: Assignor = (members, partitions) => {
      seen.push(String(members[0]!.userData))
      return inTurn(members, partitions)
    }
    await alone.join(fixture.log, { ...group, assignor, userData: () => Buffer.from(`round ${round}`) })
    await expect.poll(() => alone.held.size, patience).toBe(2)
    round = 1
    const before = alone.assignments
    alone.membership!.rejoin()
    await expect.poll(() => alone.assignments, patience).toBeGreaterThan(before)
    expect(alone.revocations).toBeGreaterThanOrEqual(1)
    expect(seen[0]).toBe('round 0')
    expect(seen.at(-1)).toBe('round 1')
    expect(alone.held.size).toBe(2)
    await alone.membership!.leave()
    expect(alone.lost).toBe(0)
  })

  it('reports a failed onAssigned and lets the others have the partitions', async () => {
    const { group, all, member } = await setUp(2)
    const [broken, healthy] = [member('a'), member('b')]
    await broken.join(fixture.log, { ...group, onAssigned: () => Promise.reject(new Error('no room')) })
    await expect.poll(() => broken.errors.map((error) => error.message), patience).toEqual(['no room'])
    await healthy.join(await fixture.another(), group)
    await expect.poll(() => sorted(healthy.held), patience).toEqual(all)
    await healthy.membership!.leave()
    await broken.membership!.leave()
  })
}
