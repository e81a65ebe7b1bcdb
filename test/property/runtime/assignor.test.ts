import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { GroupMember } from '../../../src/log/log.ts'
import { nameOf } from '../../../src/record/record.ts'
import { warmLag } from '../../../src/runtime/assign-candidates.ts'
import { stickyAssignor } from '../../../src/runtime/assignor.ts'
import { decodeShareData, encodeMemberData, type MemberData } from '../../../src/runtime/assignor-data.ts'
import { runs } from '../record/runs.ts'

interface Member {
  readonly memberId: string
  readonly data: MemberData
}

const partitionsOf = (count: number) => Array.from({ length: count }, (_, partition) => ({ topic: 'main', partition }))

const groups = fc
  .record({ partitions: fc.integer({ min: 1, max: 12 }), members: fc.integer({ min: 1, max: 5 }) })
  .chain(({ partitions, members }) => {
    const names = partitionsOf(partitions).map(nameOf)
    const lag = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * warmLag }))
    const some = (weight: number) =>
      fc.array(
        fc.integer({ min: 0, max: 99 }).map((n) => n < weight),
        { minLength: partitions, maxLength: partitions },
      )
    const lags = fc.array(lag, { minLength: partitions, maxLength: partitions })
    const pick = (chosen: readonly boolean[], values: readonly number[]) =>
      Object.fromEntries(names.flatMap((name, n) => (chosen[n] ? [[name, values[n]!]] : [])))
    return fc
      .record({
        partitions: fc.constant(partitions),
        standbyReplicas: fc.integer({ min: 0, max: 3 }),
        // By partition: who owns it; a number above the members' means nobody.
        owners: fc.array(fc.integer({ min: 0, max: members + 1 }), { minLength: partitions, maxLength: partitions }),
        ownedLags: lags,
        members: fc.array(
          fc.record({ instance: fc.integer({ min: 0, max: 5 }), copies: some(30), copyLags: lags, left: some(20) }),
          { minLength: members, maxLength: members },
        ),
      })
      .map(({ owners, ownedLags, standbyReplicas, members: described }) => ({
        partitions,
        standbyReplicas,
        members: described.map(({ instance, copies, copyLags, left }, m): Member => {
          const owned = pick(
            owners.map((owner) => owner === m),
            ownedLags,
          )
          return {
            memberId: `member-${m}`,
            data: {
              instance: `instance-${instance}`,
              standbyReplicas,
              owned,
              copies: pick(
                copies.map((copy, n) => copy && owners[n] !== m),
                copyLags,
              ),
              left: names.filter((_, n) => left[n]),
            },
          }
        }),
      }))
  })

interface Given {
  readonly active: readonly string[]
  readonly standbys: readonly string[]
  readonly warmUps: readonly string[]
}

const asMember = ({ memberId, data }: Member): GroupMember => ({
  memberId,
  topics: ['main'],
  userData: encodeMemberData(data),
})

function assign(members: readonly Member[], partitions: number): Map<string, Given> {
  const shares = stickyAssignor(members.map(asMember), partitionsOf(partitions))
  return new Map(
    [...shares].map(([memberId, { partitions: active, userData }]) => {
      const { standbys, warmUps } = decodeShareData(userData!)
      return [memberId, { active: active.map(nameOf), standbys, warmUps }]
    }),
  )
}

/** What members say after they did as they were told, and every copy has caught up. */
const afterwards = (members: readonly Member[], given: ReadonlyMap<string, Given>): Member[] =>
  members.map(({ memberId, data }) => {
    const { active, standbys } = given.get(memberId)!
    const at0 = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]))
    return { memberId, data: { ...data, owned: at0(active), copies: at0(standbys) } }
  })

const instances = (members: readonly Member[]) => new Set(members.map(({ data }) => data.instance)).size

it('runs every task once, keeps copies on different instances, and asks the members in no order', () => {
  fc.assert(
    fc.property(groups, ({ members, partitions, standbyReplicas }) => {
      const given = assign(members, partitions)
      const names = partitionsOf(partitions).map(nameOf)
      expect([...given.values()].flatMap(({ active }) => active).sort()).toEqual(names.toSorted())
      for (const name of names) {
        const holders = members.filter(({ memberId }) => {
          const { active, standbys } = given.get(memberId)!
          return active.includes(name) || standbys.includes(name)
        })
        expect(instances(holders)).toBe(holders.length)
        const warming = [...given.values()].filter(({ warmUps }) => warmUps.includes(name)).length
        expect(holders.length).toBe(Math.min(instances(members), 1 + warming + standbyReplicas))
      }
      expect(assign(members.toReversed(), partitions)).toEqual(given)
    }),
    runs(500),
  )
})

it('lets a task run where its state is warm, if it is warm anywhere', () => {
  fc.assert(
    fc.property(groups, ({ members, partitions }) => {
      const given = assign(members, partitions)
      const lagAt = (instance: string, name: string) =>
        Math.min(
          ...members
            .filter(({ data }) => data.instance === instance)
            .map(({ data }) => Math.min(data.owned[name] ?? Infinity, data.copies[name] ?? Infinity)),
        )
      for (const { memberId, data } of members) {
        for (const name of given.get(memberId)!.active) {
          const warmAnywhere = members.some((other) => lagAt(other.data.instance, name) <= warmLag)
          if (warmAnywhere) expect(lagAt(data.instance, name)).toBeLessThanOrEqual(warmLag)
        }
      }
    }),
    runs(500),
  )
})

it('is even and at rest a few rounds later, and then every task stays where it is', () => {
  fc.assert(
    fc.property(groups, ({ members, partitions, standbyReplicas }) => {
      let now = members
      let given = assign(now, partitions)
      for (let round = 0; round < 3; round++) {
        now = afterwards(now, given)
        given = assign(now, partitions)
      }
      expect([...given.values()].flatMap(({ warmUps }) => warmUps)).toEqual([])
      const counts = [...given.values()].map(({ active }) => active.length)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      expect(assign(afterwards(now, given), partitions)).toEqual(given)
      if (instances(members) < members.length) return
      const share = Math.ceil((Math.min(standbyReplicas, members.length - 1) * partitions) / members.length)
      for (const { standbys } of given.values()) expect(standbys.length).toBeLessThanOrEqual(share + standbyReplicas)
    }),
    runs(500),
  )
})

it('leaves whoever must give tasks away a part of each sub-topology', () => {
  const partitions = ['main', 'weir-x-repartition'].flatMap((topic) =>
    [0, 1, 2, 3].map((partition) => ({ topic, partition })),
  )
  const nothing = { standbyReplicas: 0, owned: {}, copies: {}, left: [] }
  const owned = Object.fromEntries(partitions.map((partition) => [nameOf(partition), 0]))
  const members = [
    { ...nothing, instance: 'a', owned },
    { ...nothing, instance: 'b' },
  ].map((data, n): GroupMember => ({ memberId: `m${n}`, topics: [], userData: encodeMemberData(data) }))
  // What nobody else is warm for stays until it is: the newcomer first gets warm copies.
  const { standbys } = decodeShareData(stickyAssignor(members, partitions).get('m1')!.userData!)
  expect([...standbys].sort()).toEqual(['main-2', 'main-3', 'weir-x-repartition-2', 'weir-x-repartition-3'])
})
