import pc from 'picocolors'
import type { RuleSetChangeOf } from '../../rules/deploy/rule-set-diff.ts'

const marks = { added: '+', removed: '-', changed: '~' } as const
const colours = { added: pc.green, removed: pc.red, changed: pc.yellow } as const
const singular = {
  options: 'option',
  events: 'event',
  tables: 'table',
  lists: 'list',
  features: 'feature',
  rules: 'rule',
} as const

/** One part a line, with its two forms where it changed. */
export const diffLines = (changes: readonly RuleSetChangeOf[]): string[] =>
  changes.flatMap(({ section, name, change, before, after }) => {
    const head = colours[change](`${marks[change]} ${singular[section]} ${name}`)
    return change === 'changed' ? [head, `    ${pc.dim(before!)}`, `    ${after!}`] : [head]
  })

/** `2 added, 1 changed`, or that nothing changes. */
export function diffSummary(changes: readonly RuleSetChangeOf[]): string {
  const counts = (['added', 'changed', 'removed'] as const)
    .map((change) => ({ change, count: changes.filter((each) => each.change === change).length }))
    .filter(({ count }) => count > 0)
  return counts.length === 0 ? 'no difference' : counts.map(({ change, count }) => `${count} ${change}`).join(', ')
}
