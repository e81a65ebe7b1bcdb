import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../src/rules/pattern/pattern.ts'

function test(pattern: string, text: string): boolean | undefined {
  const compiled = compilePattern(pattern)
  if (typeof compiled !== 'function') throw new Error(compiled.message)
  return compiled(text)
}

describe('a pattern', () => {
  it.each([
    ['', 'abc', true],
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['c$', 'abc', true],
    ['^$', '', true],
    ['^a.c$', 'a\nc', false],
    ['^(ab|cd)+$', 'abcdab', true],
    ['^(?:ab){2,3}$', 'ababab', true],
    ['^(ab){2,3}$', 'abababab', false],
    ['^a{2}$', 'aa', true],
    ['^a{2,}$', 'a', false],
    ['^[a-c-]+$', 'a-c', true],
    ['^[^a-c]$', 'd', true],
    ['^[]a]+$', ']a', true],
    ['^[\\d.]+$', '12.5', true],
    ['^[\\D]+$', 'a1', false],
    ['^[^\\W]+$', 'a_1', true],
    ['\\bvip\\b', 'a vip!', true],
    ['\\bvip\\b', 'avip', false],
    ['^\\S+@\\S+\\.com$', 'ann@example.com', true],
    ['^.$', '😀', true],
    ['^[😀-😂]$', '😁', true],
    ['a*?b', 'aab', true],
    ['(a*)*$', 'b', true],
    ['\\{\\}', 'x{}', true],
  ])('%s finds in %j: %s', (pattern, text, found) => {
    expect(test(pattern, text)).toBe(found)
  })

  it.each([
    ['(', 'never closed'],
    [')', 'no ( before'],
    ['[a', 'never closed'],
    ['[b-a]', 'wrong way round'],
    ['*a', 'nothing to repeat'],
    ['a**', 'repeat follows'],
    ['a{x}', 'needs a number'],
    ['a{3,2}', 'ends before'],
    ['a{1000}', 'more than 100'],
    ['((a{100}){100}){100}', 'multiply'],
    ['(?=a)', '(? are not supported'],
    ['(?i)a', '(? are not supported'],
    ['(a)\\1', '\\1 is not supported'],
    ['\\p{L}', '\\p is not supported'],
    ['[[:alpha:]]', 'not supported'],
    ['a\\', 'ends with a backslash'],
    ['('.repeat(200), 'nested too deeply'],
    ['a'.repeat(501), 'longer than'],
  ])('%s is refused', (pattern, message) => {
    expect(compilePattern(pattern)).toMatchObject({ message: expect.stringContaining(message) })
  })

  it('takes no longer when it nearly matches in many ways', () => {
    const started = performance.now()
    const text = 'a'.repeat(10_000)
    for (const pattern of ['(a+)+$b', '(a|aa)*b', '.*a.*a.*a.*a.*b', '^(a?){50}a{50}b'])
      expect(test(pattern, text)).toBe(false)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('gives no answer for a text beyond the bound', () => {
    expect(test('a', 'a'.repeat(10_001))).toBeUndefined()
  })
})
