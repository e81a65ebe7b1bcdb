import { afterEach, expect, it } from 'vitest'
import { RuleDriver } from '../support/rule-driver.ts'

const rules = `version: 1
events: {session.login: {deviceId: string}}
features:
  device_users: {event: session.login, agg: distinct, value: key, by: e.deviceId, scope: global, window: 1d}
rules:
- {id: ring, event: feature.device_users, when: e.value >= 3.0, then: {outcome: review, score: 55, reason: "{e.value} on {e.by}"}}
`
const dayMs = 86_400_000
let driver: RuleDriver

afterEach(() => driver.close())

const login = (key: string, timeMs: number, deviceId = 'phone', id = `${key}@${timeMs}`) =>
  driver.send({ id, key, type: 'session.login', timeMs, payload: { deviceId } })

it('counts across customers, and decides each result on the customer whose event contributed', async () => {
  driver = await RuleDriver.open(rules, { partitions: 3 })
  await login('ann', 0)
  await login('bob', 1)
  const [decision] = await login('cid', dayMs)
  expect(decision).toMatchObject({
    key: 'cid',
    event: { type: 'feature.device_users', time: dayMs },
    outcome: 'review',
    fired: [{ rule: 'ring', reason: '3 on phone' }],
  })
  const [next] = await login('dan', dayMs + 1)
  expect(next).toMatchObject({ key: 'dan', fired: [{ reason: '3 on phone' }] })
})
