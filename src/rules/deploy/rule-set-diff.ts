import { canonicalJson } from '../../record/canonical-json.ts'
import type { RuleSet } from '../rule-set.ts'

export const diffSections = ['options', 'events', 'tables', 'lists', 'features', 'rules'] as const

export type DiffSection = (typeof diffSections)[number]

/** One named part of a rule set that another one has not, or has otherwise. */
export interface RuleSetChangeOf {
  readonly section: DiffSection
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Canonical JSON; absent for what was added. */
  readonly before?: string
  /** Canonical JSON; absent for what was removed. */
  readonly after?: string
}

type Canonical = Pick<RuleSet, 'canonical'>

/** What changes, section by section and sorted by name, when one rule set takes the place of another, or of none. */
export function differenceOf(before: Canonical | undefined, after: Canonical): RuleSetChangeOf[] {
  return diffSections.flatMap((section) => {
    const [old, fresh] = [partsOf(before, section), partsOf(after, section)]
    const names = [...new Set([...old.keys(), ...fresh.keys()])].sort()
    return names.flatMap((name) => changeOf(section, name, old.get(name), fresh.get(name)))
  })
}

function changeOf(section: DiffSection, name: string, before?: string, after?: string): RuleSetChangeOf[] {
  if (before === after) return []
  if (before === undefined) return [{ section, name, change: 'added', after: after! }]
  if (after === undefined) return [{ section, name, change: 'removed', before }]
  return [{ section, name, change: 'changed', before, after }]
}

/** Each part as canonical JSON; rules by their ids. */
function partsOf(ruleSet: Canonical | undefined, section: DiffSection): Map<string, string> {
  const written = ruleSet === undefined ? undefined : JSON.parse(ruleSet.canonical)[section]
  if (written === undefined) return new Map()
  const named: [string, unknown][] =
    section === 'rules'
      ? (written as { readonly id: string }[]).map((rule) => [rule.id, rule])
      : Object.entries(written)
  return new Map(named.map(([name, part]) => [name, canonicalJson(part)]))
}
