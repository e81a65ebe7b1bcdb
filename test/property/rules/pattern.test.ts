import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/rules/pattern/pattern.ts'

const numRuns = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 300)

const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '^', '$', '\\b', '\\B', '\\w', '\\d', '-', '😀', '[a-😀]'),
    fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
      .map(([a, r]) => `(?:${a})${r}`),
  ),
}))

describe('a pattern', () => {
  it("finds what JavaScript's own finds", () => {
    const text = fc.array(fc.constantFrom('a', 'b', '1', '-', ' ', '\n', '😀'), { maxLength: 8 }).map((c) => c.join(''))
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        // V8 finds \B in the middle of a surrogate pair, where the language has no position.
        fc.pre(!(source.includes('\\B') && subject.includes('😀')))
        const compiled = compilePattern(source)
        if (typeof compiled !== 'function') throw new Error(`${source}: ${compiled.message}`)
        expect(compiled(subject)).toBe(new RegExp(source, 'u').test(subject))
      }),
      { numRuns: numRuns * 3 },
    )
  })

  it('is compiled or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'ab()[]{}*+?|\\.^$-:,19dwb'), { maxLength: 20 }), (chars) => {
        const compiled = compilePattern(chars.join(''))
        if (typeof compiled === 'function') compiled('ab-19')
      }),
      { numRuns: numRuns * 3 },
    )
  })
})
