import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './in-process.ts'
import { smallRules, writeSmallRules } from './small-rules.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
const good = folder.inside('good')
const bad = folder.inside('bad')

const testsOf = (outcome: string) => `tests:
- name: more than a hundred
  events: [{t: 0m, key: k, card.authorised: {amount: 150.0}}]
  expect: [{event: 1, outcome: ${outcome}, reason: 150 is a lot}]
- name: a hundred
  events: [{t: 0m, key: k, card.authorised: {amount: 100.0}}]
  expect: [{event: 1, outcome: allow}]
`

beforeAll(() => {
  for (const [dir, outcome] of [[good, 'block'] as const, [bad, 'review'] as const]) {
    writeSmallRules(dir)
    writeFileSync(`${dir}/rules.yaml`, smallRules + testsOf(outcome))
  }
})
afterAll(() => folder.remove())

describe('weir test', () => {
  it('ends with 0 when all is as the tests say', async () => {
    const { code, out, err } = await runInProcess(['test', good])
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '2 tests, all as expected\n1 of 1 rules fire in some test\n',
      err: '',
    })
  })

  it('ends with 1 and shows what was expected and what came, with its place', async () => {
    const { code, out } = await runInProcess(['test', bad])
    expect(code).toBe(1)
    expect(out).toBe(
      [
        `✗ more than a hundred ${bad}/rules.yaml:9:3`,
        '  event 1 (card.authorised) line 11',
        '    outcome   expected  review',
        '              got       block',
        '',
        '2 tests, 1 not as expected',
        '1 of 1 rules fire in some test',
        '',
      ].join('\n'),
    )
  })

  it('names the rules that no test makes fire', async () => {
    const untested = writeSmallRules(folder.inside('untested'))
    const { code, out } = await runInProcess(['test', untested])
    expect(code).toBe(0)
    expect(out).toContain('0 of 1 rules fire in some test; never: large')
  })

  it('runs a part of the tests, and calls it misuse when there is none such', async () => {
    const { code, out } = await runInProcess(['test', bad, '--filter', 'A HUNDRED'])
    expect([code, out.includes('2 tests')]).toEqual([1, true])
    expect((await runInProcess(['test', good, '--filter', 'more'])).out).toContain('1 test, all as expected')
    const none = await runInProcess(['test', good, '--filter', 'nothing like it'])
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no test of')])
  })

  it('gives the same for machines', async () => {
    const { code, out } = await runInProcess(['test', bad, '--json'])
    const { ok, tests, coverage } = JSON.parse(out)
    expect([code, ok, coverage]).toEqual([1, false, { fired: ['large'], silent: [] }])
    expect(tests[0]).toMatchObject({
      name: 'more than a hundred',
      ok: false,
      differences: [{ event: 1, field: 'outcome', expected: 'review', got: 'block', line: 11 }],
    })
    expect(tests[1]).toMatchObject({ ok: true, differences: [] })
  })

  it('ends with 1 and the problems of rules that do not load', async () => {
    const broken = writeSmallRules(folder.inside('broken'))
    writeFileSync(`${broken}/rules.yaml`, smallRules.replace('e.amount', 'e.amuont'))
    const { code, err } = await runInProcess(['test', broken])
    expect(code).toBe(1)
    expect(err).toContain('amuont')
  })
})
