import { afterEach, describe, expect, it } from 'vitest'
import { verdictFor } from '../../src/rules/operators/event-rule.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const day = 86_400_000
const rules = `
version: 1
events:
  session.login: {device: string}
  password.reset: {}
  card.authorised: {amount: double, zone: string, city: string}
rules:
- id: zones
  event: card.authorised
  when: e.zone == 'z'
  then: {outcome: review, score: 1}
- id: cities
  event: card.authorised
  when: e.city == 'c' || e.amount > 5.0
  then: {outcome: review, score: 1}
- id: first-day
  event: card.authorised
  when: 'true'
  then: {outcome: block, score: 99}
  expires: 1970-01-01
- id: takeover
  sequence:
    within: 1h
    steps:
    - login: session.login
    - reset: password.reset
    - card: card.authorised
  then: {outcome: challenge, score: 60}
`

let driver: RuleDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

const send = async (id: string, type: string, timeMs: number, payload = {}) =>
  (await driver!.send({ id, type, timeMs, payload }))[0]

describe('a decision', () => {
  it('names absent paths in the order of their names, not of the conditions', async () => {
    driver = await RuleDriver.open(rules)
    expect(await send('a', 'card.authorised', 0)).toMatchObject({ absent: ['e.amount', 'e.city', 'e.zone'] })
  })

  it('has the evidence in the order of the steps, also when an earlier step arrives last', async () => {
    driver = await RuleDriver.open(rules)
    await send('l', 'session.login', 0)
    await send('r', 'password.reset', 1)
    const inOrder = await send('c', 'card.authorised', 3)
    expect(inOrder?.fired.find(({ rule }) => rule === 'takeover')?.evidence).toMatchObject([
      { id: 'l', step: 'login' },
      { id: 'r', step: 'reset' },
    ])
    const outOfOrder = await send('r2', 'password.reset', 2)
    expect(outOfOrder?.fired.map(({ evidence }) => evidence)).toMatchObject([
      [
        { id: 'l', step: 'login' },
        { id: 'c', step: 'card' },
      ],
    ])
  })

  it('leaves an expired rule out beside one that is in force', async () => {
    driver = await RuleDriver.open(rules)
    expect(await send('a', 'card.authorised', day - 1)).toMatchObject({ fired: [{ rule: 'first-day' }] })
    expect(await send('b', 'card.authorised', day)).toMatchObject({ outcome: 'allow', fired: [] })
  })
})

describe('a rule whose evaluation fails', () => {
  it('says so in the decision instead of failing the event', () => {
    const fail = () => {
      throw new TypeError('a mistake of ours')
    }
    expect(verdictFor('r', fail)).toEqual({ kind: 'failed', rule: 'r', code: 'evaluation-failed' })
    expect(verdictFor('r', () => undefined)).toBeUndefined()
  })
})
