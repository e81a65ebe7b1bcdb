import { expect, it } from 'vitest'
import { stateEngine } from '../../src/state/engines/index.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const rules = `
version: 1
events:
  session.login: {deviceId: string}
  withdrawal.requested: {amount: double}
  withdrawal.confirmed: {}
rules:
- id: unconfirmed
  sequence:
    within: 1h
    steps:
    - login: session.login
    - w: withdrawal.requested
    - not: withdrawal.confirmed
      for: 5m
  then: {outcome: block, score: 80, reason: "{w.amount} was never confirmed"}
- id: b-unconfirmed-soon
  sequence:
    within: 1h
    steps:
    - w: withdrawal.requested
    - not: withdrawal.confirmed
      for: 5m
  then: {outcome: review, score: 10}
  mode: shadow
`
const minute = 60_000

it('fires once stream time has passed, about the last named event, at the record that moved it', async () => {
  const driver = await RuleDriver.open(rules)
  await driver.send({ id: 'l', type: 'session.login', timeMs: 0 })
  const [own] = await driver.send({ id: 'w', type: 'withdrawal.requested', timeMs: minute, payload: { amount: 50 } })
  expect(own).toMatchObject({ outcome: 'allow', fired: [] })
  expect(await driver.send({ id: 'l2', type: 'session.login', key: 'other', timeMs: 6 * minute })).toHaveLength(1)
  const fired = await driver.send({ id: 'l3', type: 'session.login', key: 'other', timeMs: 6 * minute + 1 })
  const at = driver.driver.read('main').find(({ headers }) => headers.id?.toString() === 'l3')!.offset
  const w = driver.driver.read('main').find(({ headers }) => headers.id?.toString() === 'w')!.offset
  expect(fired.map(({ decisionId }) => decisionId)).toEqual([
    `d:0:${at}`,
    `a:0:${w}:b-unconfirmed-soon`,
    `a:0:${w}:unconfirmed`,
  ])
  expect(fired[2]).toMatchObject({
    outcome: 'block',
    score: 80,
    key: 'k',
    event: { id: 'w', offset: w, type: 'withdrawal.requested' },
    firedAt: { offset: at },
    absent: [],
    features: {},
    rows: [],
    fired: [{ rule: 'unconfirmed', reason: '50 was never confirmed', evidence: [{ id: 'l', step: 'login' }] }],
  })
  expect(fired[1]).toMatchObject({ outcome: 'allow', score: 0, fired: [{ mode: 'shadow' }] })
  await driver.close()
})

it('stays silent when the event came in time, also out of order before stream time passed', async () => {
  const driver = await RuleDriver.open(rules)
  await driver.send({ id: 'l', type: 'session.login', timeMs: 0 })
  await driver.send({ id: 'w', type: 'withdrawal.requested', timeMs: minute, payload: { amount: 50 } })
  await driver.send({ id: 'l2', type: 'session.login', timeMs: 6 * minute })
  await driver.send({ id: 'c', type: 'withdrawal.confirmed', timeMs: 6 * minute })
  expect(await driver.send({ id: 'l3', type: 'session.login', timeMs: 30 * minute })).toHaveLength(1)
  await driver.close()
})

it('still fires after a restart between the event and its due time', async () => {
  const driver = await RuleDriver.open(rules, { engine: stateEngine('rocksdb') })
  await driver.send({ id: 'w', type: 'withdrawal.requested', timeMs: minute, payload: { amount: 50 } })
  await driver.driver.reopen()
  const fired = await driver.send({ id: 'l3', type: 'session.login', timeMs: 30 * minute })
  expect(fired.map(({ fired }) => fired.map(({ rule }) => rule))).toEqual([[], ['b-unconfirmed-soon']])
  await driver.close()
})

it.each([6, 11, 13, 60, 6_000])(
  'fires after an idle time of %i minutes, however far the next record moves stream time',
  async (minutes) => {
    const driver = await RuleDriver.open(rules.replace('version: 1', 'version: 1\noptions: {grace: 1m}'))
    await driver.send({ id: 'l', type: 'session.login', timeMs: 0 })
    await driver.send({ id: 'w', type: 'withdrawal.requested', timeMs: 1_000, payload: { amount: 50 } })
    const fired = await driver.send({ id: 'l2', type: 'session.login', timeMs: minutes * minute })
    expect(fired.map(({ fired }) => fired.map(({ rule }) => rule))).toEqual([
      [],
      ['b-unconfirmed-soon'],
      ['unconfirmed'],
    ])
    await driver.close()
  },
)
