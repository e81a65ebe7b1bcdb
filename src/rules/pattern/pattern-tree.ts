/** Code points from `low` to `high`, both inclusive. */
export type Range = readonly [low: number, high: number]

export interface CharSet {
  readonly ranges: readonly Range[]
  readonly negated: boolean
}

/** A parsed pattern. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'start' | 'end' | 'word-edge' | 'no-word-edge' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number }

const digits: readonly Range[] = [[0x30, 0x39]]
export const wordRanges: readonly Range[] = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
const spaces: readonly Range[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]

/** `\d`, `\w` and `\s` as RE2 has them: ASCII. */
export const namedSets: Readonly<Record<string, CharSet>> = {
  d: { ranges: digits, negated: false },
  D: { ranges: digits, negated: true },
  w: { ranges: wordRanges, negated: false },
  W: { ranges: wordRanges, negated: true },
  s: { ranges: spaces, negated: false },
  S: { ranges: spaces, negated: true },
}

export const controlEscapes: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b }

export const single = (codePoint: number): CharSet => ({ ranges: [[codePoint, codePoint]], negated: false })

export const anyButNewline: CharSet = { ranges: [[0x0a, 0x0a]], negated: true }

/** What is in none of the ranges, as ranges: so that `[^\W]` and `[\D]` need no nesting. */
export function complement(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0])
  const rest: Range[] = []
  let next = 0
  for (const [low, high] of sorted) {
    if (low > next) rest.push([next, low - 1])
    next = Math.max(next, high + 1)
  }
  if (next <= 0x10ffff) rest.push([next, 0x10ffff])
  return rest
}
