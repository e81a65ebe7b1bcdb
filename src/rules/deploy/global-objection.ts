import { formatDuration } from '../../time/duration.ts'
import { globalDefinition, reachMs } from '../operators/global-definition.ts'
import { planOf } from '../plan.ts'
import type { RuleSet } from '../rule-set.ts'

const startAnew = 'start a new application id with these rules'

/**
 * Why an application that began with `base` cannot work out the global features of `deployed`: the sub-topology that does has
 * the stores of the beginning, for definitions that look back no further. `undefined` when it can.
 */
export function globalObjection(deployed: RuleSet, base: RuleSet): string | undefined {
  const needed = longestOf(deployed)
  const kept = longestOf(base)
  if (needed === undefined || (kept !== undefined && kept.ms >= needed.ms)) return undefined
  if (kept === undefined) return `the application began without features of scope: global; ${startAnew}`
  return `the global feature ${needed.name} looks back ${formatDuration(needed.ms)}, grace included, and the application began with ${formatDuration(kept.ms)} at most; ${startAnew}`
}

function longestOf(ruleSet: RuleSet): { readonly name: string; readonly ms: number } | undefined {
  return planOf(ruleSet)
    .globals.map((feature) => ({
      name: feature.name,
      ms: reachMs(globalDefinition(feature, ruleSet.options.graceMs)),
    }))
    .toSorted((a, b) => b.ms - a.ms)[0]
}
