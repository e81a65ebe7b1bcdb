import { stat } from 'node:fs/promises'
import { loadRuleSet } from '../rules/loader.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { systemClock } from '../time/clock.ts'
import { UsageError } from './failure.ts'

/**
 * Loads the rule set of a folder that a command line names.
 * @throws UsageError when there is no such folder, RuleSetError with everything that is wrong in it
 */
export async function loadRules(folder: string): Promise<RuleSet> {
  await requireFolder(folder)
  return loadRuleSet(folder, { nowMs: systemClock.nowMs() })
}

/** @throws UsageError when there is no such folder */
export async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true) {
    const what = found === undefined ? 'is not there' : 'is no folder'
    throw new UsageError(`${folder} ${what}; name a folder with rule files`)
  }
}
