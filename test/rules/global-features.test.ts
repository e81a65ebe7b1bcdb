import { afterEach, describe, expect, it } from 'vitest'
import { believed } from '../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { describeTopology, mermaidOf } from '../../src/topology/describe.ts'
import { type Decided, RuleDriver } from '../support/rule-driver.ts'

const rules = (feature: string, more = '') => `version: 1
options: {grace: 1h}
events: {session.login: {deviceId: string, amount: double, ok: bool}}
features:
  shared: {event: session.login, scope: global, ${feature}}
  own: {event: session.login, agg: count, window: 1d}
rules:
- {id: result, event: feature.shared, when: "true", then: {outcome: review, score: 55, reason: "{e.value} of {e.by} by {e.cause}"}}
${more}`
const users = 'agg: distinct, value: key, by: e.deviceId, window: 1d'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
let driver: RuleDriver

afterEach(() => driver.close())

const open = async (yaml: string) => {
  driver = await RuleDriver.open(yaml, { partitions: 3 })
}
let logins = 0
const login = (key: string, timeMs: number, payload: object = { deviceId: 'phone' }, id = `login-${++logins}`) =>
  driver.send({ id, key, type: 'session.login', timeMs, payload })
const reasons = (decisions: readonly Decided[]) =>
  decisions.flatMap(({ fired }) => fired.map(({ reason }) => reason!.replace(/ by .*/, '')))

describe('a global feature', () => {
  it('counts across customers, and its results are decided on the customer whose event contributed', async () => {
    await open(rules(users))
    await login('ann', 0)
    await login('bob', 1)
    const [decision] = await login('cid', dayMs, { deviceId: 'phone' }, 'third')
    expect(decision).toMatchObject({
      key: 'cid',
      event: { type: 'feature.shared', time: dayMs },
      outcome: 'review',
      fired: [{ rule: 'result', reason: '3 of phone by third' }],
    })
    expect(reasons(await login('dan', dayMs + 1))).toEqual(['3 of phone'])
  })

  it('names a result by its cause', async () => {
    await open(rules(users))
    const [decision] = await login('ann', 0)
    const { partition, offset } = decision!.event as { partition: number; offset: number }
    expect(decision!.event).toMatchObject({ id: `f:shared:${partition}:0` })
    expect(decision!.decisionId).toBe(`d:${partition}:${offset}`)
  })

  it('leaves out an event without its by or value, and one that where does not take', async () => {
    await open(rules('agg: sum, value: e.amount, by: e.deviceId, where: e.ok, window: 1d'))
    expect(await login('ann', 0, { amount: 1, ok: true })).toEqual([])
    expect(await login('ann', 0, { deviceId: 'phone', ok: true })).toEqual([])
    expect(await login('ann', 0, { deviceId: 'phone', amount: 1, ok: false })).toEqual([])
    expect(await login('ann', 0, { deviceId: 'phone', amount: 1 })).toEqual([])
    expect(reasons(await login('ann', 0, { deviceId: 'phone', amount: 5, ok: true }))).toEqual(['5 of phone'])
  })

  it('brings back only what emit takes, and counts what it does not', async () => {
    await open(rules(`${users}, emit: "value >= 2.0 && key != 'cid' && by == 'phone'"`))
    expect(await login('ann', 0)).toEqual([])
    expect(reasons(await login('bob', 1))).toEqual(['2 of phone'])
    expect(await login('cid', 2)).toEqual([])
    expect(reasons(await login('dan', 3))).toEqual(['4 of phone'])
  })

  it('leaves out the event in hand with include: prior', async () => {
    await open(rules('agg: count, by: e.deviceId, window: 1d, include: prior'))
    expect(reasons(await login('ann', 0))).toEqual(['0 of phone'])
    expect(reasons(await login('bob', 1))).toEqual(['1 of phone'])
  })

  it('brings a result without a value back for an empty window', async () => {
    await open(rules('agg: max, value: e.amount, by: e.deviceId, window: 1d, include: prior'))
    expect(reasons(await login('ann', 0, { deviceId: 'phone', amount: 3 }))).toEqual(['? of phone'])
    expect(reasons(await login('bob', 0, { deviceId: 'phone', amount: 3 }))).toEqual(['3 of phone'])
  })

  it('takes no part of late events and duplicates', async () => {
    await open(rules(users))
    await login('ann', dayMs, { deviceId: 'phone' }, 'a')
    expect(await login('ann', dayMs, { deviceId: 'tablet' }, 'a')).toEqual([])
    expect(await login('ann', dayMs - hourMs - 1, { deviceId: 'tablet' })).toEqual([])
    expect(reasons(await login('ann', dayMs - hourMs, { deviceId: 'tablet' }))).toEqual(['1 of tablet'])
  })

  it('survives a restart', async () => {
    await open(rules(users))
    await login('ann', 0)
    await driver.driver.reopen()
    expect(reasons(await login('bob', 1))).toEqual(['2 of phone'])
  })
})

describe('a result', () => {
  const result = (timeMs: number, more: object = {}) =>
    driver.send({
      id: `f:shared:0:${timeMs}`,
      key: 'ann',
      type: 'feature.shared',
      timeMs,
      payload: { value: 3, by: 'phone', cause: 'login-1' },
      ...more,
    })
  const reading = '- {id: reads, event: feature.shared, when: f.own >= 1, then: {outcome: block, score: 90}}\n'

  it('is not late, however far time has gone on meanwhile; the windows of then are gone', async () => {
    await open(rules(users, reading))
    await login('ann', 0)
    const [inTime] = await result(hourMs)
    expect(inTime).toMatchObject({ features: { own: 1 }, outcome: 'block' })
    await login('ann', 5 * dayMs)
    const [after] = await result(dayMs)
    expect(after).toMatchObject({ absent: ['f.own'], fired: [{ rule: 'result' }], outcome: 'review' })
    expect(after).not.toHaveProperty('late')
  })

  it('neither moves stream time nor is ahead: its cause did, and was not', async () => {
    await open(rules(users))
    const moved = () => [0, 1, 2].map((partition) => driver.driver.streamTimeMs(partition))
    await login('ann', 0)
    const before = moved()
    const [decision] = await result(dayMs)
    expect(decision!.outcome).toBe('review')
    expect(moved()).toEqual(before)
  })

  it('of another definition is not of this feature', async () => {
    await open(rules(users))
    await login('ann', 0)
    const [record] = driver.driver.read('main').filter(({ headers }) => headers.type?.toString() === 'feature.shared')
    const { partition, key, value, headers } = record!
    const again = (id: string, definition: Buffer) =>
      driver.driver.pipe({
        topic: 'main',
        partition,
        key,
        value,
        headers: { ...headers, id: Buffer.from(id), definition },
      })
    const before = driver.decisions().length
    await again('f:shared:0:98', Buffer.from('another'))
    expect(driver.decisions()).toHaveLength(before)
    await again('f:shared:0:99', headers['definition']!)
    expect(driver.decisions()).toHaveLength(before + 1)
  })

  it('takes part in sequences', async () => {
    const sequence = `- id: login-after
  sequence:
    within: 1h
    steps:
    - ring: feature.shared
      where: ring.value >= 2
    - login: session.login
  then: {outcome: challenge, score: 60}
`
    await open(rules(users, sequence))
    await login('ann', 0)
    await login('bob', 1)
    const [decision] = await login('bob', 2)
    expect(decision).toMatchObject({
      event: { type: 'session.login' },
      fired: [{ rule: 'login-after', evidence: [{ step: 'ring' }] }],
    })
  })
})

describe('the topology', () => {
  const topologyOf = (yaml: string) =>
    compileRuleSet({
      ruleSet: loadRuleFiles([{ path: 'a.yaml', text: yaml }]),
      ruleSetOffset: -1,
      mainTopic: 'main',
      partitions: 1,
      mapping: 'headers',
      maxValueBytes: 1,
      authenticity: believed,
      stamp: () => ({}),
    })

  it('shows the second sub-topology behind its repartition topic', async () => {
    await open(rules(users))
    const topology = topologyOf(rules(users))
    const text = describeTopology(topology)
    expect(text).toContain('weir-global-features-repartition')
    expect(text).toContain('global-features')
    expect(mermaidOf(topology)).toContain('global-features')
    expect(topology.subTopologies).toHaveLength(2)
  })

  it('keeps each feature no longer than its window and grace', async () => {
    await open(rules(users))
    const more = rules(users).replace(
      'features:\n',
      `features:\n  long: {event: session.login, scope: global, agg: count, by: key, window: 7d}\n`,
    )
    const named = `${more}- {id: l, event: feature.long, when: "true", then: {outcome: review, score: 1}}\n`
    const retentions = topologyOf(named).subTopologies[1]!.stores.flatMap((store) =>
      store.kind === 'window' ? [store.retentionMs] : [],
    )
    expect(retentions).toEqual([dayMs + hourMs, 7 * dayMs + hourMs])
  })
})
