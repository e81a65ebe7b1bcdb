import type { LogClient } from '../../log/log.ts'
import { loadContent, packRuleSet } from '../../rules/deploy/rule-set-content.ts'
import { globalDefinition } from '../../rules/operators/global-definition.ts'
import { planOf } from '../../rules/plan.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { baseRuleSet } from '../../runtime/base-rule-set.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import type { Beginning } from '../../runtime/reset.ts'
import type { StoreDef } from '../../state/stores.ts'
import { beginningId, type InForce } from '../../task/deployment-ledger.ts'
import type { DroppedState } from '../../task/drop-state.ts'
import { readDeployed } from '../deploy/deployed.ts'
import { UsageError } from '../failure.ts'
import { describedTopic } from '../main-topic.ts'
import { loadRules } from '../rule-folder.ts'
import { topologyOf } from '../rule-topology.ts'

/** By which rule sets an application decides when it begins anew. */
export interface DecidedBy {
  /** From the start of the log on. */
  readonly beginning: Beginning
  /** The states of those that were deployed since; each decides from where the log activates it. */
  readonly deployed: readonly DroppedState[]
  /** Main's partitions that began with other rule files, with the hash of those. */
  readonly otherwise: ReadonlyMap<number, string>
  /** The sub-topologies behind the one that reads main. */
  readonly behind: readonly number[]
}

/**
 * Reads from the log what was deployed to an application, and what it began with; where nothing is deployed, it begins with
 * the rule files, if they are named.
 * @throws UsageError when those have other features across customers than before
 * @throws ConfigError `rules-missing` when neither the log nor the command says which rules there are
 */
export async function decidedBy(
  log: LogClient,
  { appId, mainTopic }: WeirConfig,
  rules: string | undefined,
): Promise<DecidedBy> {
  const { partitions } = await describedTopic(log, mainTopic)
  const { inForce, announced } = await readDeployed(log, appId, partitions)
  const named = rules === undefined ? undefined : await loadRules(rules)
  const ruleSet = await baseRuleSet({ log, applicationId: appId, partitions, ruleSet: named })
  const topologyIn = (of: RuleSet) => topologyOf(of, mainTopic, appId).subTopologies
  const changed = inForce.flatMap((each, partition) =>
    each?.id === null && each.hash !== ruleSet.hash ? [{ ...each, partition }] : [],
  )
  for (const before of changed) refuseOtherFeatures(ruleSet, before)
  const contents = new Map<string, Pick<InForce, 'hash' | 'content'>>(announced.map((each) => [each.id, each]))
  for (const each of inForce) if (each != null && each.id !== null) contents.set(each.id, each)
  contents.delete(beginningId)
  const [reader, ...behind] = topologyIn(ruleSet)
  return {
    beginning: { hash: ruleSet.hash, content: packRuleSet(ruleSet), stores: reader!.stores },
    deployed: [...contents].map(([id, { hash, content }]) => ({
      id,
      stores: namesOf(topologyIn(readable(content, hash))[0]!.stores),
    })),
    otherwise: new Map(changed.map(({ partition, hash }) => [partition, hash])),
    behind: behind.map(({ id }) => id),
  }
}

const namesOf = (stores: readonly StoreDef[]): string[] => stores.map(({ name }) => name)

function readable(content: string, hash: string): RuleSet {
  const loaded = loadContent(content, hash)
  if (loaded.ok) return loaded.ruleSet
  throw new UsageError(`a rule set that was deployed cannot be read, ${loaded.detail}; update Weir on this machine`)
}

/**
 * What events counted for is not in main but was sent on, once: other features would lack all that came before, and those
 * that are no more would still be asked for.
 */
function refuseOtherFeatures(ruleSet: RuleSet, before: Pick<InForce, 'hash' | 'content'>): void {
  const loaded = loadContent(before.content, before.hash)
  const had = loaded.ok ? definitionsIn(loaded.ruleSet) : []
  const has = definitionsIn(ruleSet)
  if (had.toSorted().join() === has.toSorted().join()) return
  throw new UsageError(
    'the features across customers (scope: global) have changed since the application began, and what counted for them before is not kept: ' +
      'bring the rule files into force with weir deploy DIR, where they begin empty; or give the application another --app-id, which begins anew',
  )
}

const definitionsIn = (ruleSet: RuleSet): string[] =>
  planOf(ruleSet).globals.map((feature) => globalDefinition(feature, ruleSet.options.graceMs).hash)
