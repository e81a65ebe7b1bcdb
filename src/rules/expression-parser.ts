import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { ExpressionFailure } from './expression-problem.ts'

export type { ASTNode }

/** The longest text of a condition, in UTF-16 units. */
export const longestExpression = 4_096

const limits = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 1, maxCallArguments: 16 }
const environment = new Environment({ limits })

/**
 * Parses CEL. Only the grammar is the library's: types and values are ours, since there every number is a double.
 * @throws {ExpressionFailure} with the place and a way to mend it.
 */
export function parseExpression(text: string): ASTNode {
  if (text.length > longestExpression) {
    throw new ExpressionFailure({
      code: 'expression-too-large',
      message: `the expression is longer than ${longestExpression} characters`,
      hint: 'split it into several rules or features, or put its values into a list',
      start: 0,
      end: text.length,
    })
  }
  try {
    return environment.parse(text).ast
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    throw failureOf(text, error)
  }
}

function failureOf(text: string, error: ParseError): ExpressionFailure {
  const start = Math.min(error.range?.start ?? 0, text.length)
  const end = Math.min(Math.max(error.range?.end ?? start, start), text.length)
  if (error.code === 'limit_exceeded') {
    return new ExpressionFailure({
      code: 'expression-too-large',
      message: 'the expression has too many parts, or they are nested too deeply',
      hint: 'split it into several rules or features, or put its values into a list',
      start,
      end,
    })
  }
  const found = text.slice(start, end)
  const hint = hintFor(text, start)
  return new ExpressionFailure({
    code: 'expression-syntax',
    message: sentenceFor(error, text, found),
    ...(hint === undefined ? {} : { hint }),
    start,
    end,
  })
}

function sentenceFor(error: ParseError, text: string, found: string): string {
  if (text.trim() === '') return 'the expression is empty'
  const expected = /^Expected (\w+), got/.exec(error.summary)?.[1]
  const instead = found === '' ? 'the expression ends here' : `found ${found}`
  if (expected !== undefined) return `expected ${signs[expected] ?? expected.toLowerCase()}, but ${instead}`
  if (/^Unexpected token/.test(error.summary)) {
    return found === '' ? 'the expression ends too early' : `${found} cannot stand here`
  }
  if (/^Unexpected character/.test(error.summary)) return `${found} cannot stand here`
  return lowerFirst(error.summary)
}

const signs: Readonly<Record<string, string>> = {
  RPAREN: 'a closing )',
  RBRACKET: 'a closing ]',
  RBRACE: 'a closing }',
  COLON: 'a :',
  IDENTIFIER: 'a name',
}

/** What people write who know another language than CEL. */
const otherWords: readonly [RegExp, string][] = [
  [/^and\b/i, 'write && for and'],
  [/^or\b/i, 'write || for or'],
  [/^not\b/i, 'write ! for not'],
  [/^=/, 'write == to compare'],
  [/^&/, 'write && for and'],
  [/^\|/, 'write || for or'],
  [/^>/, 'write != for not equal'],
  [/^[‘’“”]/, 'write straight quotes: \' or "'],
  [/^\./, 'write a digit before the point: 0.5'],
]

const hintFor = (text: string, at: number): string | undefined =>
  otherWords.find(([pattern]) => pattern.test(text.slice(at)))?.[1]

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)
