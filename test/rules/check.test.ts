import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkRules, formatIssue, formatReport, reportAsJson } from '../../src/rules/check.ts'

const issue = {
  severity: 'error',
  file: 'a.yaml',
  line: 2,
  column: 9,
  code: 'unknown-field',
  message: 'card has no field amont',
  hint: 'did you mean amount?',
} as const

describe('a report', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weir-check-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('shows each problem with its line and a caret', async () => {
    const file = join(directory, 'a.yaml')
    await writeFile(
      file,
      'events: {card: {amount: double}}\nrules:\n- {id: r, event: card, when: e.amont > 1, then: {outcome: blok, score: 1}}\n',
    )
    const report = await checkRules(directory)
    expect(formatReport(report)).toBe(`${file}:3:32 error unknown-field: card has no field amont
  3 | - {id: r, event: card, when: e.amont > 1, then: {outcome: blok, score: 1}}
    |                                ^
  → did you mean amount?

${file}:3:59 error unknown-value: outcome cannot be blok
  3 | - {id: r, event: card, when: e.amont > 1, then: {outcome: blok, score: 1}}
    |                                                           ^
  → did you mean block?

2 problems: the rule set does not load`)
    expect(reportAsJson(report)).toMatchObject({
      ok: false,
      issues: [
        { line: 3, column: 32 },
        { line: 3, column: 59 },
      ],
    })
  })

  it('sums up a rule set that loads, with its warnings', async () => {
    await writeFile(
      join(directory, 'a.yaml'),
      'events: {card: {amount: double}}\nlists: {x: {items: []}}\nrules:\n- {id: r, event: card, when: e.amount > 1, then: {outcome: block, score: 1}}\n',
    )
    const report = await checkRules(directory)
    expect(formatReport(report)).toMatch(
      /warning unused-list.*\n.*\n.*\n.*\n\n1 rule, 0 features, 0 tables, 0 tests, 1 warning\nsha256:/,
    )
    expect(reportAsJson(report)).toMatchObject({
      ok: true,
      hash: report.ruleSet?.hash,
      counts: { events: 1, lists: 1, rules: 1 },
      issues: [{ severity: 'warning', code: 'unused-list' }],
    })
  })

  it('reports a directory that is not there as a problem', async () => {
    const report = await checkRules(join(directory, 'nowhere'))
    expect(report.issues.map(({ code }) => code)).toEqual(['file-unreadable'])
    expect(formatReport(report)).toContain('1 problem: the rule set does not load')
  })

  it('keeps the caret below its column after tabs and in long lines', () => {
    expect(formatIssue(issue, 'a\n\t\tabcd: efgh').split('\n')[2]).toBe('    | \t\t      ^')
    const long = `a\n${' '.repeat(500)}x`
    const [, line, caret] = formatIssue({ ...issue, column: 501 }, long).split('\n')
    expect(line?.indexOf('x')).toBe(caret?.indexOf('^'))
    expect(line?.length).toBeLessThan(140)
  })

  it('lets no text steer the terminal', () => {
    const text = formatIssue({ ...issue, message: 'x\u001b[2J\u0007' }, 'a\n\u001b]0;title\u0007')
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\u0007')
  })

  it('does without the line when the file is not there', () => {
    expect(formatIssue(issue, undefined)).toBe(
      'a.yaml:2:9 error unknown-field: card has no field amont\n  → did you mean amount?',
    )
  })
})
