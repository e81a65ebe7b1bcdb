import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleSetError } from '../../../src/errors.ts'
import { formatIssue } from '../../../src/rules/check.ts'
import { compileExpression } from '../../../src/rules/expression.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import { issueCodes } from '../../../src/rules/loading/issue-codes.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import { anyType, cardScope } from '../../rules/declared-scope.ts'

const numRuns = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 300)

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const example = read('test/rules/contract-example.yaml')
const sources = [
  example,
  read('rules/card-behaviour.yaml'),
  read('rules/events.yaml'),
  loadRuleFiles([{ path: 'a', text: example }]).canonical,
]

/** Loads a text, which gives a rule set or located issues; anything else fails the test. */
function outcome(path: string, text: string): RuleSet | undefined {
  const started = performance.now()
  let loaded: RuleSet | undefined
  let issues: readonly { line: number; column: number; code: string }[]
  try {
    loaded = loadRuleFiles([{ path, text }], { nowMs: 0 })
    issues = loaded.warnings
  } catch (error) {
    if (!(error instanceof RuleSetError)) throw error
    issues = error.issues
    expect(error.issues.length).toBeGreaterThan(0)
    for (const issue of error.issues) formatIssue(issue, text)
  }
  const lines = text.split('\n')
  for (const { line, column, code } of issues) {
    expect(issueCodes).toContain(code)
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines.length)
    expect(column).toBeGreaterThanOrEqual(1)
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
  }
  expect(performance.now() - started).toBeLessThan(10_000)
  return loaded
}

const words = [
  ...new Set(sources.flatMap((source) => source.match(/[\w.]+|[^\w\s]/g) ?? [])),
  '&a',
  '*a',
  '!x',
  '!!set',
  '|',
  '>-',
  '\t',
  '---',
  '...',
  '%',
  '__proto__',
  'constructor',
  'null',
  '~',
  '.inf',
  '-0',
  '1e400',
  '9007199254740993',
  '\u0000',
  '\u2028',
  '😀',
  '\\',
]

/** A change of a text: characters out, in, or replaced by a word that occurs in rule files. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.nat({ max: 12 })),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 5 })),
})
const mutated = fc
  .tuple(fc.constantFrom(...sources), fc.array(edit, { minLength: 1, maxLength: 6 }))
  .map(([source, edits]) =>
    edits.reduce((text, { at, remove, insert }) => {
      const offset = Math.floor(at * text.length)
      return text.slice(0, offset) + insert + text.slice(offset + remove)
    }, source),
  )

/** The example as data with one part replaced by any JSON. */
const swapped = fc
  .tuple(fc.jsonValue({ maxDepth: 3 }), fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 7 }))
  .map(([value, path]) => {
    const root: unknown = JSON.parse(sources[3]!)
    let at = root as Record<string, unknown>
    for (const [index, step] of path.entries()) {
      const keys = Object.keys(at)
      const key = keys[step % keys.length]
      if (key === undefined) break
      const next = at[key]
      if (index === path.length - 1 || typeof next !== 'object' || next === null) {
        at[key] = value
        break
      }
      at = next as Record<string, unknown>
    }
    return JSON.stringify(root, null, 1)
  })

describe('loading any rule file', () => {
  it('gives a rule set or located issues for a rule file with slips', () => {
    fc.assert(
      fc.property(mutated, (text) => void outcome('a.yaml', text)),
      { numRuns },
    )
  })

  it('gives a rule set or located issues for a rule file with any value in any place', () => {
    fc.assert(
      fc.property(swapped, (text) => void outcome('a.json', text)),
      { numRuns },
    )
  })

  it('gives a rule set or located issues for words in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, ' ', '\n', ': ', '\n  '), { maxLength: 60 }), (parts) => {
        outcome('a.yaml', parts.join(''))
      }),
      { numRuns },
    )
  })

  it('gives a rule set whose canonical form loads to the same hash', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, swapped), (text) => {
        const loaded = outcome('a.yaml', text)
        if (loaded === undefined) return
        const again = loadRuleFiles([{ path: 'c.json', text: loaded.canonical }])
        expect(again.hash).toBe(loaded.hash)
      }),
      { numRuns },
    )
  })
})

describe('compiling any text', () => {
  const tokens =
    'e . amount > 1 && || ! ( ) [ ] { } , ? : has t customers balance f spend key in size miles geo tags exists x == \' " % / - 0 .5 null true matches'
  it('gives an expression or problems within the text, and never throws', () => {
    const token = fc.constantFrom(...tokens.split(' '), ' ', 'e.amount', 'e.geo', "'a'", 'inList', 'round', '=')
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        const { expression, problems } = compileExpression(text, cardScope, anyType)
        expect((expression === undefined) === problems.length > 0).toBe(true)
        for (const { start, end } of problems) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThanOrEqual(start)
          expect(end).toBeLessThanOrEqual(text.length)
        }
        expression?.evaluate({})
      }),
      { numRuns: numRuns * 3 },
    )
  })
})
