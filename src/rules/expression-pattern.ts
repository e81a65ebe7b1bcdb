export interface PatternProblem {
  readonly message: string
  readonly hint: string
}

const longestPattern = 200
/** A longer text is CEL's error: a pattern's cost grows faster than the text. */
const longestSubject = 1_000
const mostRepeats = 3

/**
 * Compiles the pattern of `matches`: a search, anywhere in the text unless anchored. Patterns that could take for ever
 * are refused: repeats inside repeated groups, alternatives inside repeated groups, back-references, look-around, and
 * more than three open-ended repeats.
 */
export function compilePattern(pattern: string): ((text: string) => boolean | undefined) | PatternProblem {
  if (pattern.length > longestPattern) {
    const hint = 'test for several shorter ones with ||'
    return { message: `the pattern is longer than ${longestPattern} characters`, hint }
  }
  let expression: RegExp
  try {
    expression = new RegExp(pattern, 'u')
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error)
    return {
      message: `the pattern is not valid: ${why}`,
      hint: "a backslash is written twice: '\\\\d+', or once as r'\\d+'",
    }
  }
  const problem = slowness(pattern)
  if (problem !== undefined) return problem
  return (text) => (text.length <= longestSubject ? expression.test(text) : undefined)
}

interface Group {
  repeats: boolean
  alternatives: boolean
}

function slowness(pattern: string): PatternProblem | undefined {
  const groups: Group[] = [{ repeats: false, alternatives: false }]
  let openEnded = 0
  let closed: Group | undefined
  for (let at = 0; at < pattern.length; ) {
    const [token] = /^(\\k<|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[:=!]|\(\?<[=!]|\(\?<\w+>|\{\d*,?\d*\}|[\s\S])/.exec(
      pattern.slice(at),
    ) ?? ['']
    at += Math.max(1, token.length)
    const justClosed = closed
    closed = undefined
    if (/^\\([1-9]|k<)/.test(token)) return refused('back-references')
    if (/^\(\?<?[=!]/.test(token)) return refused('look-ahead and look-behind')
    if (token.startsWith('(')) groups.push({ repeats: false, alternatives: false })
    else if (token === ')') {
      closed = groups.pop()
      const outer = groups.at(-1)
      if (closed === undefined || outer === undefined) return refused('unbalanced groups')
      if (closed.repeats) outer.repeats = true
      if (closed.alternatives) outer.alternatives = true
    } else if (token === '|') groups.at(-1)!.alternatives = true
    else if (token === '*' || token === '+' || /^\{\d/.test(token)) {
      if (justClosed?.repeats) return refused('repeats inside a repeated group, such as (a+)+,')
      if (justClosed?.alternatives) return refused('alternatives inside a repeated group, such as (a|b)+,')
      if (token.length === 1 || /,\}$|\d{3}/.test(token)) openEnded++
      groups.at(-1)!.repeats = true
    } else if (token === '?') groups.at(-1)!.repeats = true
  }
  return openEnded > mostRepeats ? refused(`more than ${mostRepeats} open-ended repeats`) : undefined
}

const refused = (what: string): PatternProblem => ({
  message: `${what} are refused in a pattern, since they can take for ever`,
  hint: 'use a character class, startsWith, contains, or several conditions',
})
