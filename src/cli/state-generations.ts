import type { LogClient } from '../log/log.ts'
import { loadContent } from '../rules/deploy/rule-set-content.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { WeirConfig } from '../runtime/config.ts'
import type { StoreDef } from '../state/stores.ts'
import { readLedger } from '../task/deployment-ledger.ts'
import { applicationIdOf } from '../task/deployment-port.ts'
import { UsageError } from './failure.ts'
import { describedTopic } from './main-topic.ts'
import { loadRules } from './rule-folder.ts'
import { topologyOf } from './rule-topology.ts'

/** State that one rule set has computed, and in which of main's partitions it decides now. */
export interface StateGeneration {
  /** The prefix of its changelogs. */
  readonly appId: string
  readonly stores: readonly StoreDef[]
  readonly partitions: readonly number[]
}

/**
 * What decides now, as the application has noted it; while a deployed rule set takes over, partitions may differ. Where
 * nothing is noted, the rule files that the command names count.
 * @throws UsageError when there is neither
 */
export async function stateGenerations(
  log: LogClient,
  { appId, mainTopic }: WeirConfig,
  rules: string | undefined,
): Promise<StateGeneration[]> {
  const { partitions } = await describedTopic(log, mainTopic)
  const ledgers = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const { inForce } = await readLedger(log, appId, partition)
      return { partition, inForce }
    }),
  )
  const byId = Map.groupBy(ledgers, ({ inForce }) => inForce?.id)
  return Promise.all(
    [...byId].map(async ([id, of]) => {
      const inForce = of[0]!.inForce
      const noted = inForce === undefined ? undefined : loadContent(inForce.content, inForce.hash)
      const ruleSet = noted?.ok ? noted.ruleSet : await named(rules)
      const { subTopologies } = topologyOf(ruleSet, mainTopic, appId)
      return {
        appId: applicationIdOf(appId, id == null ? undefined : { id }),
        stores: subTopologies.flatMap(({ stores }) => stores),
        partitions: of.map(({ partition }) => partition),
      }
    }),
  )
}

async function named(rules: string | undefined): Promise<RuleSet> {
  if (rules !== undefined) return loadRules(rules)
  throw new UsageError('the application has not noted its rules yet; name them with --rules DIR, or WEIR_RULES')
}
