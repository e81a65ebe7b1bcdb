import { readFile } from 'node:fs/promises'
import { RuleSetError, type RuleSetIssue } from '../errors.ts'
import { type LoadOptions, loadRuleSet } from './loader.ts'
import type { RuleSet } from './rule-set.ts'

/** What `check` found in a directory of rule files. */
export interface CheckReport {
  /** Absent when there are errors. */
  readonly ruleSet?: RuleSet
  /** Errors, or the warnings of a rule set that loads, by file, line and column. */
  readonly issues: readonly RuleSetIssue[]
  /** The files' texts by the paths that issues name, to show the lines. */
  readonly texts: ReadonlyMap<string, string>
}

/** Loads a directory of rule files and gives its problems as data; throws only what is no problem of the files. */
export async function checkRules(directory: string, options: LoadOptions = {}): Promise<CheckReport> {
  try {
    const ruleSet = await loadRuleSet(directory, options)
    return { ruleSet, issues: ruleSet.warnings, texts: await textsOf(ruleSet.warnings) }
  } catch (error) {
    if (!(error instanceof RuleSetError)) throw error
    return { issues: error.issues, texts: await textsOf(error.issues) }
  }
}

async function textsOf(issues: readonly RuleSetIssue[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  for (const file of new Set(issues.map((issue) => issue.file))) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) texts.set(file, text)
  }
  return texts
}

/** The report for people: each issue with its line and a caret, then a sentence that sums up. */
export function formatReport({ ruleSet, issues, texts }: CheckReport): string {
  const parts = issues.map((issue) => formatIssue(issue, texts.get(issue.file)))
  return [...parts, summary(ruleSet, issues)].join('\n\n')
}

/** The report for machines: `ok`, the counts and hash of a rule set that loads, and the issues as they are. */
export const reportAsJson = ({ ruleSet, issues }: CheckReport) => ({
  ok: ruleSet !== undefined,
  ...(ruleSet === undefined ? {} : { hash: ruleSet.hash, counts: countsOf(ruleSet) }),
  issues,
})

/** `file:line:column error code: sentence`, the line with a caret below the place, and the hint. */
export function formatIssue(issue: RuleSetIssue, text: string | undefined): string {
  const { file, line, column, severity, code, message, hint } = issue
  const head = `${file}:${line}:${column} ${severity} ${code}: ${message}`
  const source = text?.split('\n')[line - 1]?.replace(/\r$/, '')
  const lines = [head]
  if (source !== undefined) lines.push(...excerpt(source, line, column))
  if (hint !== undefined) lines.push(`  → ${hint}`)
  return lines.map(printable).join('\n')
}

const widest = 120

function excerpt(source: string, line: number, column: number): string[] {
  const from = column > widest - 20 ? column - 60 : 0
  const shown = source.slice(from, from + widest)
  const margin = `  ${line} | `
  // A tab before the caret stays a tab, so that the two lines stay aligned.
  const before = shown.slice(0, Math.max(0, column - 1 - from)).replace(/[^\t]/g, ' ')
  return [`${margin}${shown}`, `${' '.repeat(margin.length - 2)}| ${before}^`]
}

/** Rule files are other people's text: what steers a terminal is shown as a mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this replaces
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd')

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const countsOf = ({ events, tables, lists, features, rules, tests }: RuleSet) => ({
  events: [...events.values()].filter(({ feature }) => feature === undefined).length,
  tables: tables.size,
  lists: lists.size,
  features: features.size,
  rules: rules.length,
  tests: tests.length,
})

function summary(ruleSet: RuleSet | undefined, issues: readonly RuleSetIssue[]): string {
  if (ruleSet === undefined) return `${plural(issues.length, 'problem')}: the rule set does not load`
  const { rules, features, tables, tests } = countsOf(ruleSet)
  const parts = [plural(rules, 'rule'), plural(features, 'feature'), plural(tables, 'table'), plural(tests, 'test')]
  const warnings = issues.length === 0 ? '' : `, ${plural(issues.length, 'warning')}`
  return `${parts.join(', ')}${warnings}\n${ruleSet.hash}`
}
