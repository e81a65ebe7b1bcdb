import { unsigned } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StoreDef } from '../state/stores.ts'
import type { Topology } from '../topology/topology.ts'
import { loadRules } from './rule-folder.ts'

/** The topology of a rule set, to be looked at and not to be run. */
export const topologyOf = (ruleSet: RuleSet, mainTopic: string): Topology =>
  compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic,
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 0,
    authenticity: unsigned(''),
    stamp: () => ({}),
  })

/** The stores that a rule folder's topology keeps. @throws RuleSetError */
export async function storesOfRules(folder: string, mainTopic: string): Promise<readonly StoreDef<never>[]> {
  const { subTopologies } = topologyOf(await loadRules(folder), mainTopic)
  return subTopologies.flatMap(({ stores }) => stores)
}
