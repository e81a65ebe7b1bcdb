/** A problem in an expression. `start` and `end` are positions in its text, from 0, `end` exclusive. */
export interface ExpressionProblem {
  readonly code: ExpressionCode
  readonly message: string
  readonly hint?: string
  readonly start: number
  readonly end: number
}

export const expressionCodes = [
  'expression-syntax',
  'expression-too-large',
  'unknown-name',
  'unknown-field',
  'unknown-feature',
  'unknown-table',
  'unknown-list',
  'unknown-function',
  'not-readable-here',
  'not-a-value',
  'type-mismatch',
  'wrong-arguments',
  'not-supported',
  'remainder-operator',
  'null-literal',
  'number-out-of-range',
  'pattern-invalid',
  'unknown-time-zone',
  'result-type',
] as const

export type ExpressionCode = (typeof expressionCodes)[number]

/** The problem of a text that is no expression: carried out of the parser. */
export class ExpressionFailure extends Error {
  readonly problem: ExpressionProblem

  constructor(problem: ExpressionProblem) {
    super(problem.message)
    this.problem = problem
  }
}
