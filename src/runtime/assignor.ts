import type { GroupMember } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'

/** What a member tells the assignor: the partitions whose state it holds. */
export interface AssignorUserData {
  readonly held: readonly string[]
}

export const assignorName = 'weir-sticky'

export const encodeUserData = (data: AssignorUserData): Buffer => Buffer.from(JSON.stringify(data))

/** Text that is not ours (another version's, a foreign member's) counts as holding nothing. */
export function decodeUserData(bytes: Buffer): AssignorUserData {
  try {
    const { held } = JSON.parse(bytes.toString())
    if (Array.isArray(held)) return { held: held.filter((name) => typeof name === 'string') }
  } catch {
    // Holding nothing only costs a restore.
  }
  return { held: [] }
}

/**
 * Gives each partition back to the member that holds its state, as far as no member gets more than its even share; the
 * rest goes to those that have least. The same members and partitions always give the same answer.
 */
export function stickyAssignor(
  members: readonly GroupMember[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const ordered = members.toSorted((a, b) => compare(a.memberId, b.memberId))
  const assignment = new Map<string, TopicPartition[]>(ordered.map(({ memberId }) => [memberId, []]))
  if (ordered.length === 0) return assignment
  const open = new Map(
    partitions.toSorted((a, b) => compare(a.topic, b.topic) || a.partition - b.partition).map((at) => [nameOf(at), at]),
  )
  const share = Math.floor(open.size / ordered.length)
  let larger = open.size % ordered.length
  for (const { memberId, userData } of ordered) {
    const mine = assignment.get(memberId)!
    for (const name of decodeUserData(userData).held) {
      const partition = open.get(name)
      if (partition === undefined) continue
      if (mine.length >= share && (mine.length > share || larger === 0)) break
      if (mine.length === share) larger--
      mine.push(partition)
      open.delete(name)
    }
  }
  for (const partition of open.values()) {
    const least = ordered.reduce((a, b) =>
      assignment.get(b.memberId)!.length < assignment.get(a.memberId)!.length ? b : a,
    )
    assignment.get(least.memberId)!.push(partition)
  }
  return assignment
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
