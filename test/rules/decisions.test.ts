import { afterEach, describe, expect, it } from 'vitest'
import { RuleDriver } from '../support/rule-driver.ts'

const hour = 3_600_000
const t0 = Date.UTC(2026, 2, 1)

let driver: RuleDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

const open = async (yaml: string) => {
  driver = await RuleDriver.open(yaml)
  return driver
}

const rules = (options: string, rule = '') => `
version: 1
options: {${options}}
events:
  card.authorised: {amount: double, name: {type: string, pii: true}}
  session.login: {}
tables:
  customers: {from: public.customers, fields: {id: string, country: string, balance: double}}
rules:
- id: large
  event: card.authorised
  when: e.amount > 100
  then: {outcome: review, score: 40, reason: "{e.amount} by {e.name} of {t.customers.country}"}
- id: huge
  event: card.authorised
  when: e.amount > 1000
  then: {outcome: block, score: 30}
${rule}`

const customer = (id: string, after: unknown, more = {}) => ({
  id,
  kind: 'data',
  type: 'public.customers',
  timeMs: t0,
  payload: { op: 'u', before: null, after, ...more },
})

const card = (id: string, amount: number | undefined, timeMs = t0) => ({ id, timeMs, payload: { amount, name: 'Ann' } })

describe('a decision', () => {
  it('has the most severe outcome and the highest score of the live rules that fired', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    expect(await send(card('a', 2000))).toMatchObject([
      { outcome: 'block', score: 40, fired: [{ rule: 'huge' }, { rule: 'large' }] },
    ])
    expect(await send(card('b', 50))).toMatchObject([{ outcome: 'allow', score: 0, fired: [] }])
  })

  it('leaves shadow rules out of its outcome, and rules that are off out of everything', async () => {
    const shadow = `
- {id: seen, event: card.authorised, when: e.amount > 1, then: {outcome: block, score: 99}, mode: shadow}
- {id: gone, event: session.login, when: 'true', then: {outcome: block, score: 99}, mode: off}`
    const { send } = bound(await open(rules('grace: 1h', shadow)))
    expect(await send(card('a', 5))).toMatchObject([
      { outcome: 'allow', score: 0, fired: [{ rule: 'seen', mode: 'shadow' }] },
    ])
    expect(await send({ id: 'l', type: 'session.login', timeMs: t0 })).toEqual([])
  })

  it('counts an expired rule as not there from the day after its last', async () => {
    const expiring = `
- {id: soon, event: session.login, when: 'true', then: {outcome: review, score: 1}, expires: 2026-03-01}`
    const { send } = bound(await open(rules('grace: 1h', expiring)))
    expect(await send({ id: 'l1', type: 'session.login', timeMs: t0 + 24 * hour - 1 })).toMatchObject([
      { fired: [{ rule: 'soon' }] },
    ])
    expect(await send({ id: 'l2', type: 'session.login', timeMs: t0 + 24 * hour })).toEqual([])
  })

  it('names what the conditions read: rows with their records, and what was absent', async () => {
    const reading = `
- {id: poor, event: session.login, when: 'has(t.customers.balance) && t.customers.balance < 5.0', then: {outcome: review, score: 1}}`
    const { send } = bound(await open(rules('grace: 1h', reading)))
    expect(await send({ id: 'l1', type: 'session.login', timeMs: t0 })).toMatchObject([
      { absent: ['t.customers.balance'], rows: [] },
    ])
    await send(customer('lsn-1', { id: 'k', country: 'GB', balance: 3 }))
    expect(await send({ id: 'l2', type: 'session.login', timeMs: t0 })).toMatchObject([
      { absent: [], rows: [{ table: 'customers', id: 'lsn-1', offset: 2 }], fired: [{ rule: 'poor' }] },
    ])
    expect(await send(card('a', undefined))).toMatchObject([{ absent: ['e.amount'], rows: [], fired: [] }])
  })

  it('masks personal fields in reasons', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    await send(customer('lsn-1', { id: 'k', country: 'GB' }))
    const [decision] = await send(card('a', 200.456))
    expect(decision?.fired[0]?.reason).toBe('200.46 by *** of GB')
  })

  it('is left out when nothing fired and only flagged ones are wanted', async () => {
    const { send } = bound(await open(rules('emit: flagged')))
    expect(await send(card('a', 5))).toEqual([])
    expect(await send(card('b', 500))).toMatchObject([{ outcome: 'review' }])
  })
})

describe('time', () => {
  it('decides a late event by the option, with nothing fired, and does not apply it', async () => {
    const { send } = bound(await open(rules('grace: 1h, onLate: challenge')))
    await send(card('now', 5, t0 + 2 * hour))
    expect(await send(card('edge', 2000, t0 + hour))).toMatchObject([{ outcome: 'block' }])
    expect(await send(card('late', 2000, t0 + hour - 1))).toMatchObject([
      { outcome: 'challenge', score: 0, late: hour + 1, fired: [], absent: [], rows: [], features: {} },
    ])
    expect(driver!.driver.read('main-late').map(({ headers }) => headers['late-by-ms']?.toString())).toEqual([
      String(hour + 1),
    ])
  })

  it('makes no late decision with onLate none, or when only flagged ones are wanted', async () => {
    for (const options of ['onLate: none', 'emit: flagged']) {
      const { send } = bound(await open(rules(options)))
      await send(card('now', 500, t0 + 2 * hour))
      expect(await send(card('late', 2000, t0))).toEqual([])
      await driver!.close()
    }
    driver = undefined
  })

  it('takes a second event of an id for a duplicate until the first is older than the grace', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    expect(await send(card('a', 5))).toHaveLength(1)
    expect(await send(card('a', 5, t0 + 1))).toHaveLength(0)
    expect(await send({ ...card('a', 5), key: 'another customer' })).toHaveLength(1)
    await send(card('b', 5, t0 + hour))
    expect(await send(card('a', 5, t0 + hour))).toHaveLength(0)
    expect(await send(card('a', 5, t0 + hour + 1))).toHaveLength(1)
    expect(driver!.driver.counted('duplicates')).toBe(2)
  })
})

describe('rows', () => {
  it('follow log order, not time, and go with a delete', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    const reason = async (id: string) => (await send(card(id, 200)))[0]?.fired[0]?.reason
    await send({ ...customer('1', { id: 'k', country: 'GB' }), timeMs: t0 + hour })
    await send({ ...customer('2', { id: 'k', country: 'FR' }), timeMs: t0 })
    expect(await reason('a')).toBe('200 by *** of FR')
    await send(customer('3', null, { op: 'd', before: { id: 'k' } }))
    expect(await reason('b')).toBe('200 by *** of ?')
  })

  it('are dead-lettered when a field does not fit, and lose that field', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    await send(customer('1', { id: 'k', country: 'GB' }))
    await send(customer('2', { id: 'k', country: 44 }))
    expect((await send(card('a', 200)))[0]?.fired[0]?.reason).toBe('200 by *** of ?')
    const [letter] = driver!.driver.read('main-dead-letter')
    expect(letter?.headers['dead-letter-reason']?.toString()).toBe('wrong-type')
    expect(letter?.value?.toString()).toBe(JSON.stringify({ op: 'u', before: null, after: { id: 'k', country: 44 } }))
  })

  it('ignore an older position of the source, which a restarted connector sends again', async () => {
    const { send } = bound(await open(rules('grace: 1h')))
    await send(customer('1', { id: 'k', country: 'GB' }, { source: { lsn: 20 } }))
    await send(customer('2', { id: 'k', country: 'FR' }, { source: { lsn: 19 } }))
    expect((await send(card('a', 200)))[0]?.fired[0]?.reason).toBe('200 by *** of GB')
  })
})

const bound = (of: RuleDriver) => ({ send: of.send.bind(of) })
