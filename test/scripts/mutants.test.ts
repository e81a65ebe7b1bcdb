import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutants } from '../../scripts/mutants/list.ts'
import { type Mutant, planted } from '../../scripts/mutants/mutant.ts'
import { isCaught, pageOf } from '../../scripts/mutants/report.ts'
import { verdictOf } from '../../scripts/mutants/run-tests.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (path: string) => readFileSync(join(root, path), 'utf8')

describe('the list of mutants', () => {
  it.each(mutants)('finds the place of $id exactly once', (mutant) => {
    const source = textOf(mutant.file)
    expect(planted(mutant, source)).not.toBe(source)
  })

  it('names tests that are there, of the project they belong to', () => {
    for (const { id, tests, project } of mutants) {
      expect(tests.length, id).toBeGreaterThan(0)
      for (const path of tests) {
        expect(existsSync(join(root, path)), `${id}: ${path}`).toBe(true)
        expect(path.startsWith('test/property/'), `${id}: ${path}`).toBe(project === 'property')
      }
    }
  })

  it('has ids of their own, and a sentence each', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
    for (const { id, what } of mutants) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(what).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('is what the page lists', () => {
    const listed = [...textOf('docs/mutants.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, id]) => id)
    expect(listed).toEqual(mutants.map(({ id }) => id))
  })
})

describe('planting a fault', () => {
  const mutant: Mutant = { ...mutants[0]!, id: 'm', file: 'f.ts', find: 'a < b', replace: "a <= '$&'" }

  it('replaces the text by the other as it is written', () => {
    expect(planted(mutant, 'if (a < b) x')).toBe("if (a <= '$&') x")
  })

  it.each(['nothing', 'a < b, a < b'])('refuses to replace in %j', (source) => {
    expect(() => planted(mutant, source)).toThrow(/^m: the text to replace occurs [02] times in f.ts/)
  })
})

describe('the verdict on a run', () => {
  const report = (status: string, tests: readonly string[]) => ({
    testResults: [
      {
        name: 'a.test.ts',
        status,
        message: 'x is not defined\n at y',
        assertionResults: tests.map((of) => ({ status: of, fullName: `test ${of}` })),
      },
    ],
  })

  it.each([
    ['a test that failed', report('failed', ['passed', 'failed']), 1, { kind: 'failed', by: 'test failed' }],
    ['a hook that failed', report('failed', ['pending']), 1, { kind: 'failed', by: 'before test pending' }],
    ['a file that did not load', report('failed', []), 1, { kind: 'not-run', why: 'x is not defined' }],
    ['no report', undefined, 1, { kind: 'not-run', why: 'no such option' }],
    ['tests that passed', report('passed', ['passed']), 0, { kind: 'passed' }],
    [
      'an error beside them',
      report('passed', ['passed']),
      1,
      { kind: 'failed', by: 'an error outside tests: no such option' },
    ],
  ] as const)('tells %s', (_, said, code, verdict) => {
    expect(verdictOf(said, code, 'no such option\nusage')).toEqual(verdict)
  })

  it('names the test that failed, whichever file the end of the run cut short', () => {
    const cut = report('failed', [])
    const failed = report('failed', ['failed'])
    const both = { testResults: [...cut.testResults, ...failed.testResults] }
    expect(verdictOf(both, 1, '')).toEqual({ kind: 'failed', by: 'test failed' })
  })

  it('counts as caught only when a test failed or did not end', () => {
    const mutant = mutants[0]!
    expect(
      (['caught', 'SURVIVED', 'stale', 'not-run'] as const).map((verdict) => isCaught({ mutant, verdict, by: '' })),
    ).toEqual([true, false, false, false])
  })

  it('stands in the page so that no text breaks its table', () => {
    const mutant = { ...mutants[0]!, what: 'One | other.' }
    expect(pageOf([{ mutant, verdict: 'SURVIVED', by: 'a\nb' }])).toContain('| One \\| other. |')
  })
})
