import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runInlineTests } from '../../src/replay/inline-tests.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'

const shipped = await loadRuleSet(fileURLToPath(new URL('../../rules', import.meta.url)))
const { results, coverage } = await runInlineTests(shipped)

describe('the shipped rules', () => {
  it('load without a warning', () => {
    expect(shipped.warnings).toEqual([])
  })

  it.each(results.map(({ test, differences }) => ({ name: test.name, differences })))(
    'decide as their test says: $name',
    ({ differences }) => {
      expect(differences).toEqual([])
    },
  )

  it('each fire in some test that expects it', () => {
    const expected = new Set(shipped.tests.flatMap((test) => test.expect.flatMap(({ rules }) => rules ?? [])))
    expect(shipped.rules.map(({ id }) => id).filter((id) => !expected.has(id))).toEqual([])
    expect(coverage.silent).toEqual([])
  })

  it('each have an inline test in which an event of theirs leaves them alone', () => {
    const quiet = (id: string, types: readonly string[]) =>
      shipped.tests.some((test) =>
        test.expect.some(({ event, rules, decided, trailing, feature }) => {
          const type = feature === undefined ? test.events[event - 1]?.type : `feature.${feature}`
          if (type === undefined || !types.includes(type)) return false
          return trailing === id ? !decided : rules !== undefined && !rules.includes(id)
        }),
      )
    const typesOf = (rule: (typeof shipped.rules)[number]) =>
      rule.kind === 'event' ? [rule.event] : rule.steps.map(({ event }) => event)
    expect(shipped.rules.filter((rule) => !quiet(rule.id, typesOf(rule))).map(({ id }) => id)).toEqual([])
  })

  it('each say what they find, whose they are and what they are about', () => {
    const bare = shipped.rules.filter(
      ({ describe, owner, tags, then }) => !describe || !owner || tags.length === 0 || then.reason === undefined,
    )
    expect(bare.map(({ id }) => id)).toEqual([])
  })
})
