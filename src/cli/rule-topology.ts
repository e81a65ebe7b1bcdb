import { unsigned } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { Topology } from '../topology/topology.ts'
import { loadRules } from './rule-folder.ts'

/** The topology of a rule set, to be looked at and not to be run. */
export const topologyOf = (ruleSet: RuleSet, mainTopic: string, applicationId = 'weir'): Topology =>
  compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic,
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 0,
    authenticity: unsigned(''),
    stamp: () => ({}),
    applicationId,
  })

/** What a rule folder compiles to. @throws RuleSetError */
export const topologyOfRules = async (
  folder: string,
  { mainTopic, appId }: { readonly mainTopic: string; readonly appId: string },
): Promise<Topology> => topologyOf(await loadRules(folder), mainTopic, appId)
