import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runInlineTests } from '../../src/replay/inline-tests.ts'
import { loadRuleFiles, loadRuleSet } from '../../src/rules/loader.ts'

const rules = `
version: 1
options: {grace: 1h}
events:
  card.authorised: {amount: double}
  withdrawal.requested: {amount: double}
  withdrawal.confirmed: {}
tables:
  customers: {from: public.customers, fields: {balance: double}}
rules:
- id: large
  event: card.authorised
  when: e.amount > 100.0
  then: {outcome: review, score: 50, reason: "{e.amount} is a lot"}
- id: unconfirmed
  sequence:
    within: 1h
    steps:
    - w: withdrawal.requested
    - not: withdrawal.confirmed
      for: 5m
  then: {outcome: block, score: 80, reason: "{w.amount} was never confirmed"}
- id: over-balance
  event: withdrawal.requested
  when: e.amount > t.customers.balance
  then: {outcome: challenge, score: 60}
  mode: shadow
- id: retired
  event: card.authorised
  when: e.amount > 1.0
  then: {outcome: block, score: 90}
  mode: off
`

const runTests = async (tests: string, more: Parameters<typeof runInlineTests>[1] = {}) =>
  runInlineTests(await loadRuleFiles([{ path: 'rules.yaml', text: `${rules}tests:\n${tests}` }]), more)

const differencesOf = async (tests: string) =>
  (await runTests(tests)).results.map(({ differences }) =>
    differences.map(({ event, field, expected, got }) => [event, field, expected, got]),
  )

describe('inline tests', () => {
  it('hold of the shipped rules, and make each of them fire', async () => {
    const shipped = await loadRuleSet(fileURLToPath(new URL('../../rules', import.meta.url)))
    const { results, coverage } = await runInlineTests(shipped)
    expect(results.length).toBeGreaterThan(0)
    expect(results.filter(({ differences }) => differences.length > 0)).toEqual([])
    expect(coverage.silent).toEqual([])
  })

  it('compare outcome, score, rules and reason, and nothing that is not expected', async () => {
    expect(
      await differencesOf(`
- name: as it is
  events:
  - {t: 0m, key: k, card.authorised: {amount: 150.0}}
  - {t: 1m, key: k, card.authorised: {amount: 150.0}}
  expect:
  - {event: 1, outcome: review, score: 50, rules: [large], reason: 150 is a lot, late: false}
- name: as it is not
  events:
  - {t: 0m, key: k, card.authorised: {amount: 150.0}}
  expect:
  - {event: 1, outcome: block, score: 5, rules: [], reason: nothing, late: true}
`),
    ).toEqual([
      [],
      [
        [1, 'outcome', 'block', 'review'],
        [1, 'score', '5', '50'],
        [1, 'rules', 'none', 'large'],
        [1, 'reason', '"nothing"', '"150 is a lot"'],
        [1, 'late', 'late', 'in time'],
      ],
    ])
  })

  it('say that a decision is missing, with what became of the event, or that there should be none', async () => {
    expect(
      await differencesOf(`
- name: a decision too few and one too many
  events:
  - {t: 0m, key: k, card.authorised: {amount: a lot}}
  - {t: 1m, key: k, card.authorised: {amount: 150.0}}
  - {t: 1m, key: k, public.customers: {balance: 1.0}}
  expect:
  - {event: 1, outcome: allow}
  - {event: 2, decided: false}
  - {event: 3, decided: false}
`),
    ).toEqual([
      [
        [1, 'decision', 'a decision', expect.stringMatching(/^no decision: dead-lettered, wrong-type: .*amount/)],
        [2, 'decision', 'no decision', 'review with score 50, rules large'],
      ],
    ])
  })

  it('let time pass by ticks, and ask for the decision of a trailing not', async () => {
    expect(
      await differencesOf(`
- name: confirmed or not
  events:
  - {t: 0m, key: a, withdrawal.requested: {amount: 10.0}}
  - {t: 0m, key: b, withdrawal.requested: {amount: 20.0}}
  - {t: 1m, key: b, withdrawal.confirmed: {}}
  - {t: 6m, tick: {}}
  expect:
  - {event: 1, outcome: allow}
  - {event: 1, trailing: unconfirmed, outcome: block, reason: 10 was never confirmed}
  - {event: 2, trailing: unconfirmed, decided: false}
- name: not long enough
  events:
  - {t: 0m, key: a, withdrawal.requested: {amount: 10.0}}
  - {t: 5m, tick: {}}
  expect:
  - {event: 1, trailing: unconfirmed, decided: false}
  - {event: 1, trailing: unconfirmed, outcome: block}
`),
    ).toEqual([[], [[1, 'decision', 'a decision', 'no decision']]])
  })

  it('change lists by control records', async () => {
    const lists = 'lists: {known: {from: control}}\n'
    const rule =
      '- {id: known, event: card.authorised, when: "inList(\'known\', key)", then: {outcome: allow, score: 1}}\n'
    const tests = `tests:
- name: known for a day
  events:
  - {t: 0m, list: {list: known, op: add, items: [ann], ttl: 1d}}
  - {t: 1d, key: ann, card.authorised: {amount: 1.0}}
  - {t: 1d, key: bob, card.authorised: {amount: 1.0}}
  - {t: 1d, list: {list: known, op: forget, items: [ann]}}
  - {t: 86400001ms, key: ann, card.authorised: {amount: 1.0}}
  expect:
  - {event: 2, rules: [known]}
  - {event: 3, rules: []}
  - {event: 4, decided: true}
  - {event: 5, rules: []}
`
    const ruleSet = await loadRuleFiles([{ path: 'rules.yaml', text: lists + rules.trimStart() + rule + tests }])
    expect((await runInlineTests(ruleSet)).results[0]!.differences).toMatchObject([
      { event: 4, type: 'list', got: expect.stringContaining('dead-lettered, invalid-control: op must be') },
    ])
  })

  it('judge lateness by the test alone: no test sees another', async () => {
    const late = (name: string, at: string) => `
- name: ${name}
  start: ${at}
  events:
  - {t: 2h, key: k, card.authorised: {amount: 1.0}}
  - {t: 0h, key: k, card.authorised: {amount: 150.0}}
  expect:
  - {event: 1, late: false, outcome: allow}
  - {event: 2, late: true, outcome: review}
`
    const names = await differencesOf(late('later', '2030-01-01T00:00:00Z') + late('earlier', '2020-01-01T00:00:00Z'))
    expect(names).toEqual([[], []])
  })

  it('say which live and shadow rules no test makes fire', async () => {
    const one = `
- name: one
  events:
  - {t: 0m, key: k, public.customers: {balance: 1.0}}
  - {t: 0m, key: k, withdrawal.requested: {amount: 2.0}}
  expect: []
- name: two
  events: [{t: 0m, key: k, card.authorised: {amount: 150.0}}]
  expect: []
`
    expect((await runTests(one)).coverage).toEqual({ fired: ['large', 'over-balance'], silent: ['unconfirmed'] })
    const part = await runTests(one, { filter: ({ name }) => name === 'two' })
    expect(part.results.map(({ test }) => test.name)).toEqual(['two'])
    expect(part.coverage.fired).toEqual(['large'])
  })
})
