import { RuleSetError, type RuleSetIssue } from '../errors.ts'
import type { RuleSet } from './rule-set.ts'

/** What the language has and the engine does not run yet: better refused than silently never true. */
export function unsupportedIn(ruleSet: RuleSet): RuleSetIssue[] {
  return [...ruleSet.features.values()]
    .filter((feature) => feature.scope === 'global')
    .map(({ name, source }) => ({
      severity: 'error',
      ...source,
      code: 'not-supported-yet',
      message: `the feature "${name}" has scope: global, which this version does not compute`,
      hint: 'leave it out together with the rules on its events, or keep it per record key',
    }))
}

/** @throws RuleSetError naming each part that the engine does not run yet */
export function refuseUnsupported(ruleSet: RuleSet): void {
  const issues = unsupportedIn(ruleSet)
  if (issues.length > 0) throw new RuleSetError(issues)
}
