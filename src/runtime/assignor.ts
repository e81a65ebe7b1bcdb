import type { GroupMember, Share } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import { type Candidate, Candidates, compareText } from './assign-candidates.ts'
import { encodeShareData } from './assignor-data.ts'

export const assignorName = 'weir-sticky'

/**
 * Gives each task a target: the member that has it now, else one with its state, as far as nobody gets more than an even
 * share. A target whose copy is not warm gets a standby to warm up first, while whoever has the task, or a warm copy, runs
 * it; when it is warm, it asks for another round (KIP-441, with the members' word in place of its timer). Where nobody is
 * warm the target restores. Then each task gets standbys on other instances. The same members and partitions always give
 * the same answer.
 */
export function stickyAssignor(
  members: readonly GroupMember[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, Share> {
  if (members.length === 0) return new Map()
  const candidates = new Candidates(members)
  const byTopic = partitions.toSorted((a, b) => compareText(a.topic, b.topic) || a.partition - b.partition)
  const byName = new Map(byTopic.map((partition) => [nameOf(partition), partition]))
  const names = [...byName.keys()]
  const across = byTopic.toSorted((a, b) => a.partition - b.partition).map(nameOf)
  for (const [name, target] of targetsOf({ names, across }, candidates)) {
    const runner = candidates.isWarm(target, name) ? target : (candidates.warmest(name) ?? target)
    runner.active.push(name)
    if (runner !== target) target.warmUps.push(name)
  }
  placeStandbys(names, candidates)
  const owners = ownersOf(candidates.all)
  return new Map(
    candidates.all.map(({ memberId, active, standbys, warmUps }) => [
      memberId,
      {
        partitions: active.map((name) => byName.get(name)!),
        userData: encodeShareData({ standbys: [...standbys, ...warmUps].sort(compareText), warmUps, owners }),
      },
    ]),
  )
}

interface TaskNames {
  /** Topic by topic. */
  readonly names: readonly string[]
  /** Partition by partition: who gives some away keeps a part of each sub-topology, whose tasks cost differently. */
  readonly across: readonly string[]
}

/** An even share for each: what it has, and then what it is best prepared for. In the order of the names. */
function targetsOf({ names, across }: TaskNames, candidates: Candidates): ReadonlyMap<string, Candidate> {
  const targets = new Map<string, Candidate>()
  const taken = new Map<Candidate, number>(candidates.all.map((candidate) => [candidate, 0]))
  const share = Math.floor(names.length / candidates.all.length)
  let larger = names.length % candidates.all.length
  const hasRoom = (candidate: Candidate): boolean =>
    taken.get(candidate)! < share || (taken.get(candidate) === share && larger > 0)
  const give = (name: string, candidate: Candidate): void => {
    if (taken.get(candidate) === share) larger--
    taken.set(candidate, taken.get(candidate)! + 1)
    targets.set(name, candidate)
  }
  for (const candidate of candidates.all) {
    // Of what is too much, it gives away first what others are prepared for.
    const kept = across
      .filter((name) => candidate.owns(name) && !targets.has(name))
      .map((name) => ({ name, elsewhere: candidates.isWarmElsewhere(candidate, name) }))
      .sort((a, b) => Number(a.elsewhere) - Number(b.elsewhere))
    for (const { name } of kept) if (hasRoom(candidate)) give(name, candidate)
  }
  // What somebody is prepared for comes first: he must not be full by then with what nobody is.
  const open = names
    .filter((name) => !targets.has(name))
    .map((name) => ({ name, lag: Math.min(...candidates.all.map((candidate) => candidates.lag(candidate, name))) }))
    .sort((a, b) => a.lag - b.lag)
  for (const { name } of open) {
    const [best] = candidates.all
      .filter(hasRoom)
      .sort((a, b) => candidates.rank(a, name) - candidates.rank(b, name) || taken.get(a)! - taken.get(b)!)
    give(name, best!)
  }
  return new Map(names.map((name) => [name, targets.get(name)!]))
}

/** Each task's standbys: on other instances than its owner and each other, warm copies first, then evenly. */
function placeStandbys(names: readonly string[], candidates: Candidates): void {
  const replicas = Math.max(...candidates.all.map(({ data }) => data.standbyReplicas))
  const share = Math.ceil((replicas * names.length) / candidates.all.length)
  for (let replica = 0; replica < replicas; replica++) {
    for (const name of names) {
      const taken = new Set(candidates.all.filter((each) => each.has(name)).map(({ data }) => data.instance))
      const [best] = candidates.all
        .filter(({ data }) => !taken.has(data.instance))
        .sort(
          (a, b) =>
            Number(a.standbys.length >= share) - Number(b.standbys.length >= share) ||
            candidates.rank(a, name) - candidates.rank(b, name) ||
            a.standbys.length - b.standbys.length,
        )
      best?.standbys.push(name)
    }
  }
}

function ownersOf(candidates: readonly Candidate[]): Record<string, string[]> {
  const owners: Record<string, string[]> = {}
  for (const { data, active } of candidates) {
    if (data.endpoint !== undefined) owners[data.endpoint] = [...(owners[data.endpoint] ?? []), ...active]
  }
  return owners
}
