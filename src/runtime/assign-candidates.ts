import type { GroupMember } from '../log/log.ts'
import { decodeMemberData, type MemberData, unknownLag } from './assignor-data.ts'

/**
 * A copy that lacks at most so many records is warm: it replays them in about a second. A record may hold the rows or ids of a
 * batch; they are those of some hundred commits.
 */
export const warmLag = 1_000

/** A member in an assignment round: what it has, and what it has been given so far. */
export class Candidate {
  readonly memberId: string
  readonly data: MemberData
  readonly active: string[] = []
  readonly standbys: string[] = []
  readonly warmUps: string[] = []

  constructor({ memberId, userData }: GroupMember) {
    this.memberId = memberId
    const data = decodeMemberData(userData)
    this.data = data.instance === '' ? { ...data, instance: memberId } : data
  }

  owns(name: string): boolean {
    return this.data.owned[name] !== undefined
  }

  /** In this round, in any role. */
  has(name: string): boolean {
    return this.active.includes(name) || this.standbys.includes(name) || this.warmUps.includes(name)
  }
}

/** The members of a round, in the order of their ids. What one member of an instance has, its other members have too. */
export class Candidates {
  readonly all: readonly Candidate[]
  readonly #lags = new Map<string, Map<string, number>>()

  constructor(members: readonly GroupMember[]) {
    this.all = members.map((member) => new Candidate(member)).sort((a, b) => compareText(a.memberId, b.memberId))
    for (const { data } of this.all) {
      const lags = this.#lags.get(data.instance) ?? new Map<string, number>()
      this.#lags.set(data.instance, lags)
      const left = data.left.map((name): [string, number] => [name, unknownLag - 1])
      for (const [name, lag] of [...Object.entries(data.owned), ...Object.entries(data.copies), ...left]) {
        lags.set(name, Math.min(lag, lags.get(name) ?? unknownLag))
      }
    }
  }

  /** Of the state at the candidate's instance; `unknownLag` when there is none. */
  lag({ data }: Candidate, name: string): number {
    return this.#lags.get(data.instance)?.get(name) ?? unknownLag
  }

  isWarm(candidate: Candidate, name: string): boolean {
    return this.lag(candidate, name) <= warmLag
  }

  /** How well it is prepared: lower is better, and all warm copies are alike. */
  rank(candidate: Candidate, name: string): number {
    return Math.max(warmLag, this.lag(candidate, name))
  }

  isWarmElsewhere({ data }: Candidate, name: string): boolean {
    return this.all.some((other) => other.data.instance !== data.instance && this.isWarm(other, name))
  }

  /** Who can run the task now: its owner, or else a member that keeps a copy. */
  warmest(name: string): Candidate | undefined {
    return this.all
      .filter((candidate) => (candidate.data.owned[name] ?? candidate.data.copies[name] ?? unknownLag) <= warmLag)
      .sort(
        (a, b) =>
          Number(b.owns(name)) - Number(a.owns(name)) ||
          this.lag(a, name) - this.lag(b, name) ||
          a.active.length - b.active.length,
      )[0]
  }
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
