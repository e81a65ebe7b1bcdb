import {
  anyButNewline,
  type CharSet,
  complement,
  controlEscapes,
  namedSets,
  type PatternNode,
  type Range,
  single,
} from './pattern-tree.ts'

/** A pattern that cannot be used, and why. */
export class PatternError extends Error {}

const mostRepeats = 100
const deepest = 50

/** Parses the part of RE2's syntax that rules may use. @throws {PatternError} */
export const parsePattern = (pattern: string): PatternNode => new Parser(pattern).parse()

class Parser {
  readonly #chars: readonly string[]
  #at = 0
  #depth = 0

  constructor(pattern: string) {
    this.#chars = [...pattern]
  }

  parse(): PatternNode {
    const node = this.#choice()
    if (this.#at < this.#chars.length) throw new PatternError('a ) has no ( before it')
    return node
  }

  get #next(): string | undefined {
    return this.#chars[this.#at]
  }

  #take(char: string): boolean {
    if (this.#next !== char) return false
    this.#at++
    return true
  }

  #choice(): PatternNode {
    if (++this.#depth > deepest) throw new PatternError('its groups are nested too deeply')
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    this.#depth--
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') parts.push(this.#repeated())
    return { kind: 'sequence', parts }
  }

  #repeated(): PatternNode {
    const part = this.#atom()
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    // Lazy repeats find the same texts.
    this.#take('?')
    if (this.#bounds() !== undefined) throw new PatternError('a repeat follows a repeat')
    return { kind: 'repeat', part, least: bounds[0], most: bounds[1] }
  }

  #bounds(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#take('?')) return [0, 1]
    if (this.#next !== '{') return undefined
    const rest = this.#chars.slice(this.#at, this.#at + 12).join('')
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(rest)
    if (match === null) throw new PatternError('a { needs a number: write \\{ for the character')
    this.#at += match[0].length
    const least = Number(match[1])
    const most = match[3] !== '' ? Number(match[3]) : match[2] === '' ? least : Number.POSITIVE_INFINITY
    if (most < least) throw new PatternError(`${match[0]} ends before it begins`)
    if (least > mostRepeats || (most !== Number.POSITIVE_INFINITY && most > mostRepeats)) {
      throw new PatternError(`${match[0]} repeats more than ${mostRepeats} times`)
    }
    return [least, most]
  }

  #atom(): PatternNode {
    const char = this.#chars[this.#at++]!
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', set: this.#class() }
      case '.':
        return { kind: 'set', set: anyButNewline }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternError(`${char} has nothing to repeat: write \\${char} for the character`)
      default:
        return { kind: 'set', set: single(char.codePointAt(0)!) }
    }
  }

  #group(): PatternNode {
    if (this.#take('?') && !this.#take(':')) {
      throw new PatternError('groups that begin with (? are not supported, apart from (?:…)')
    }
    const node = this.#choice()
    if (!this.#take(')')) throw new PatternError('a ( is never closed')
    return node
  }

  #escape(): PatternNode {
    if (this.#next === 'b' || this.#next === 'B') {
      return { kind: this.#chars[this.#at++] === 'b' ? 'word-edge' : 'no-word-edge' }
    }
    return { kind: 'set', set: this.#escapedSet() }
  }

  #escapedSet(): CharSet {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new PatternError('it ends with a backslash')
    if (Object.hasOwn(namedSets, char)) return namedSets[char]!
    if (Object.hasOwn(controlEscapes, char)) return single(controlEscapes[char]!)
    if (/[A-Za-z0-9]/.test(char)) throw new PatternError(`\\${char} is not supported`)
    return single(char.codePointAt(0)!)
  }

  #class(): CharSet {
    const negated = this.#take('^')
    const ranges: Range[] = []
    for (let first = true; first || this.#next !== ']'; first = false) {
      const low = this.#classItem()
      if (this.#next !== '-' || this.#chars[this.#at + 1] === ']' || this.#chars[this.#at + 1] === undefined) {
        ranges.push(...(low.negated ? complement(low.ranges) : low.ranges))
        continue
      }
      this.#at++
      const high = this.#classItem()
      const [from, to] = [onlyPoint(low), onlyPoint(high)]
      if (from === undefined || to === undefined || from > to)
        throw new PatternError('a range in [ ] is the wrong way round')
      ranges.push([from, to])
    }
    this.#at++
    return { ranges, negated }
  }

  #classItem(): CharSet {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new PatternError('a [ is never closed')
    if (char === '[' && this.#next === ':') throw new PatternError('[:name:] is not supported')
    return char === '\\' ? this.#escapedSet() : single(char.codePointAt(0)!)
  }
}

function onlyPoint({ ranges, negated }: CharSet): number | undefined {
  const [range] = ranges
  return !negated && ranges.length === 1 && range![0] === range![1] ? range![0] : undefined
}
