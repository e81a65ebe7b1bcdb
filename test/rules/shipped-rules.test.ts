import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadRuleSet } from '../../src/rules/loader.ts'

const shipped = await loadRuleSet(fileURLToPath(new URL('../../rules', import.meta.url)))

describe('the shipped rules', () => {
  it('load without a warning', () => {
    expect(shipped.warnings).toEqual([])
  })

  it('each have an inline test in which they fire', () => {
    const expected = new Set(shipped.tests.flatMap((test) => test.expect.flatMap(({ rules }) => rules ?? [])))
    expect(shipped.rules.map(({ id }) => id).filter((id) => !expected.has(id))).toEqual([])
  })

  it('each have an inline test in which an event of theirs leaves them alone', () => {
    const quiet = (id: string, types: readonly string[]) =>
      shipped.tests.some((test) =>
        test.expect.some(({ event, rules }) => {
          const type = test.events[event - 1]?.type
          return type !== undefined && types.includes(type) && rules !== undefined && !rules.includes(id)
        }),
      )
    const typesOf = (rule: (typeof shipped.rules)[number]) =>
      rule.kind === 'event' ? [rule.event] : rule.steps.map(({ event }) => event)
    expect(shipped.rules.filter((rule) => !quiet(rule.id, typesOf(rule))).map(({ id }) => id)).toEqual([])
  })
})
