import { RuleSetError, type RuleSetIssue } from '../../src/errors.ts'
import { loadRuleFiles, type RuleFile } from '../../src/rules/loader.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'

/** The sign that a test puts before the place where an issue must point. */
const mark = '§'

export interface Marked {
  readonly text: string
  /** `line:column` of the mark. */
  readonly at: string
}

/** Takes the mark out of a text and says where it was. */
export function unmark(marked: string): Marked {
  const offset = marked.indexOf(mark)
  if (offset === -1 || marked.indexOf(mark, offset + 1) !== -1) throw new Error('the text needs one mark')
  const before = marked.slice(0, offset).split('\n')
  return { text: marked.replace(mark, ''), at: `${before.length}:${before.at(-1)!.length + 1}` }
}

/** The issues of rule files: the errors, or the warnings of a set that loads. */
export function issuesOf(files: readonly RuleFile[]): readonly RuleSetIssue[] {
  try {
    return loadRuleFiles(files, { nowMs: Date.UTC(2026, 5, 1), retentionMs: 90 * 86_400_000 }).warnings
  } catch (error) {
    if (error instanceof RuleSetError) return error.issues
    throw error
  }
}

export const load = (text: string): RuleSet => loadRuleFiles([{ path: 'rules.yaml', text }])

export const place = ({ line, column }: RuleSetIssue): string => `${line}:${column}`
