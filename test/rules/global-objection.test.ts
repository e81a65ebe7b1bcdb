import { expect, it } from 'vitest'
import { globalObjection } from '../../src/rules/deploy/global-objection.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'

const ruleSet = (window: string | undefined) => {
  const feature =
    window === undefined
      ? ''
      : `features: {users: {event: login, agg: distinct, value: key, by: e.device, scope: global, window: ${window}}}\n`
  const on = window === undefined ? 'event: login, when: e.device == "x"' : 'event: feature.users, when: e.value > 2'
  const rule = `rules: [{id: ring, ${on}, then: {outcome: review, score: 1}}]\n`
  return loadRuleFiles([{ path: 'a.yaml', text: `version: 1\nevents: {login: {device: string}}\n${feature}${rule}` }])
}

it('an application takes other global features as far back as its stores reach', () => {
  expect(globalObjection(ruleSet('2h'), ruleSet('2h'))).toBeUndefined()
  expect(globalObjection(ruleSet('1h'), ruleSet('2h'))).toBeUndefined()
  expect(globalObjection(ruleSet(undefined), ruleSet('2h'))).toBeUndefined()
})

it('an application without stores for a global feature says so before it is in force', () => {
  expect(globalObjection(ruleSet('1h'), ruleSet(undefined))).toContain('began without features of scope: global')
  expect(globalObjection(ruleSet('3h'), ruleSet('2h'))).toContain('users looks back 4h, grace included')
})
