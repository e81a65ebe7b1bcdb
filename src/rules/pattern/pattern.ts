import { PatternError, parsePattern } from './parse-pattern.ts'
import { PatternProgram } from './pattern-program.ts'

export interface PatternProblem {
  readonly message: string
  readonly hint: string
}

const longestPattern = 500
/** A longer text is CEL's error: what one event costs stays bounded. */
const longestText = 10_000

/**
 * Compiles the pattern of `matches`: a search anywhere in the text unless anchored, in time proportional to the text's
 * length. RE2's syntax without flags, named groups, `\p{…}`, `\x…`; there are no back-references and no look-around.
 */
export function compilePattern(pattern: string): ((text: string) => boolean | undefined) | PatternProblem {
  if (pattern.length > longestPattern) {
    const hint = 'test for several shorter ones with ||'
    return { message: `the pattern is longer than ${longestPattern} characters`, hint }
  }
  try {
    const program = new PatternProgram(parsePattern(pattern))
    return (text) => (text.length <= longestText ? program.test(text) : undefined)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const hint = "in a text a backslash is written twice ('\\\\d+'), or once after r: r'\\d+'"
    return { message: `the pattern cannot be used: ${error.message}`, hint }
  }
}
