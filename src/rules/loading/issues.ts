import type { RuleSetIssue } from '../../errors.ts'
import type { Source } from '../rule-set.ts'
import type { IssueCode, WarningCode } from './issue-codes.ts'
import type { Place } from './source-file.ts'

/** Collects problems, so that all are reported at once. */
export class Issues {
  readonly #found: RuleSetIssue[] = []

  error(place: Place, code: IssueCode, message: string, hint?: string): void {
    this.#add('error', place, code, message, hint)
  }

  warn(source: Source, code: WarningCode, message: string, hint?: string): void {
    this.#found.push({ severity: 'warning', ...source, code, message, ...(hint === undefined ? {} : { hint }) })
  }

  get hasErrors(): boolean {
    return this.#found.some((issue) => issue.severity === 'error')
  }

  /** True when a file did not even parse. */
  get hasUnreadable(): boolean {
    return this.#found.some((issue) => unreadable.has(issue.code))
  }

  /** By file, line and column. */
  sorted(): RuleSetIssue[] {
    return [...this.#found].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
    )
  }

  #add(severity: 'error', place: Place, code: string, message: string, hint: string | undefined): void {
    const position = place.file.positionOf(place.offset)
    const issue = { severity, file: place.file.path, ...position, code, message }
    this.#found.push(hint === undefined ? issue : { ...issue, hint })
  }
}

const unreadable = new Set<string>([
  'file-too-large',
  'yaml-syntax',
  'json-syntax',
  'too-deep',
  'too-many-values',
  'alias-in-itself',
] satisfies IssueCode[])

/** Where an item stands, for whoever reports about it later. */
export const sourceOf = ({ file, offset }: Place): Source => ({ file: file.path, ...file.positionOf(offset) })
