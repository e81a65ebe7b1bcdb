import type { LogClient } from '../../log/log.ts'
import { loadContent } from '../../rules/deploy/rule-set-content.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import {
  type Announced,
  type InForce,
  type Ledger,
  readLedger,
  type WarmUpProgress,
} from '../../task/deployment-ledger.ts'

/** What an application's ledger says, all partitions together. */
export interface Deployed {
  /** By partition; `undefined` where no task has run yet. */
  readonly inForce: readonly (InForce | undefined)[]
  readonly warmUps: readonly (WarmUpProgress | undefined)[]
  /** By deployment id, oldest first. */
  readonly announced: readonly (Announced & { readonly id: string })[]
}

export async function readDeployed(log: LogClient, appId: string, partitions: number): Promise<Deployed> {
  const numbers = [...Array(partitions).keys()]
  const ledgers: Ledger[] = await Promise.all(numbers.map((partition) => readLedger(log, appId, partition)))
  const announced = [...(ledgers[0]?.announced ?? [])].map(([id, each]) => ({ ...each, id }))
  return {
    inForce: ledgers.map((ledger) => ledger.inForce),
    warmUps: ledgers.map(({ warmUp, inForce }) => (warmUp?.id === inForce?.id ? undefined : warmUp)),
    announced: announced.sort((a, b) => a.nowMs - b.nowMs),
  }
}

/** The rule set that decides in most recent records: that of the partition with the latest activation. */
export function presentRuleSet({ inForce }: Deployed): RuleSet | undefined {
  const [latest] = inForce.filter((each) => each !== undefined).sort((a, b) => rank(b) - rank(a))
  const loaded = latest === undefined ? undefined : loadContent(latest.content, latest.hash)
  return loaded?.ok ? loaded.ruleSet : undefined
}

/** What was deployed comes after what was there from the start. */
const rank = ({ id, offset }: InForce): number => (id === null ? -1 : offset)

/** `sha256:0123456789ab`: enough to tell rule sets apart, and to name them. */
export const shortHash = (hash: string): string => hash.slice(0, 19)
