import { ConfigError } from '../errors.ts'
import type { LogClient } from '../log/log.ts'
import { loadContent } from '../rules/deploy/rule-set-content.ts'
import { loadRuleFiles } from '../rules/loader.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { beginningId, readLedger } from '../task/deployment-ledger.ts'

export interface BaseRuleSetOptions {
  readonly log: LogClient
  readonly applicationId: string
  readonly partitions: number
  /** The one that this instance was given. */
  readonly ruleSet: RuleSet | undefined
}

/**
 * The rule set that is in force from the start, before anything that is deployed. Once something is deployed, what an
 * instance is given no longer counts: partitions that have not come to it yet go on with what they began with, and so does
 * the sub-topology of features across customers.
 * @throws ConfigError `rules-missing` when none was given and none is deployed
 */
export async function baseRuleSet({ log, applicationId, partitions, ruleSet }: BaseRuleSetOptions): Promise<RuleSet> {
  const numbers = [...Array(partitions).keys()]
  const ledgers = await Promise.all(numbers.map((partition) => readLedger(log, applicationId, partition)))
  const isDeployed = ledgers.some(({ announced }) => announced.size > 0)
  if (ruleSet !== undefined && !isDeployed) return ruleSet
  const begun = ledgers.flatMap(({ inForce, announced }) => {
    const beginning = inForce?.id === null ? inForce : announced.get(beginningId)
    return beginning === undefined ? [] : [beginning]
  })[0]
  const loaded = begun === undefined ? undefined : loadContent(begun.content, begun.hash)
  if (loaded?.ok) return loaded.ruleSet
  if (isDeployed) return noRules
  throw new ConfigError(
    'rules-missing',
    'there are no rules: name their folder with --rules DIR, rules in the configuration file, or WEIR_RULES, or deploy them with weir deploy DIR',
  )
}

/** Decides nothing. */
const noRules = loadRuleFiles([{ path: 'none.yaml', text: 'version: 1' }])
