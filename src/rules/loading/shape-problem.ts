import type { IssueCode } from './issue-codes.ts'

/** What a schema says about a text that does not match, behind the text itself: `"10 min" is no duration`. */
export interface ShapeProblem {
  readonly code: IssueCode
  readonly message: string
  readonly hint: string
  /** The texts that would do, for a suggestion. */
  readonly known?: readonly string[]
}

const mark = '\u0001'

/** Carries a problem through a schema library's error message. */
export const encodeProblem = (problem: ShapeProblem): string => mark + JSON.stringify(problem)

export const decodeProblem = (message: string): ShapeProblem | undefined =>
  message.startsWith(mark) ? (JSON.parse(message.slice(mark.length)) as ShapeProblem) : undefined
