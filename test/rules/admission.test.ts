import { afterEach, describe, expect, it } from 'vitest'
import { partitionFor } from '../../src/record/murmur2.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const hour = 3_600_000
const rules = `
version: 1
options: {grace: 1h}
events:
  card.authorised: {amount: double, note: string}
tables:
  customers: {from: public.customers, fields: {id: string, country: string}}
rules:
- id: any
  event: card.authorised
  when: e.amount > 0.0
  then: {outcome: review, score: 1, reason: "{t.customers.country}"}
`

let driver: RuleDriver

afterEach(() => driver.close())

const card = (id: string, timeMs: number, amount: unknown = 5) => driver.send({ id, timeMs, payload: { amount } })
const row = (id: string, timeMs: number, country: string, source = {}) =>
  driver.send({
    id,
    kind: 'data',
    type: 'public.customers',
    timeMs,
    payload: { op: 'u', before: null, after: { id: 'k', country }, source },
  })
const reasonOf = async (decisions: ReturnType<typeof card>) => (await decisions)[0]?.fired[0]?.reason
const deadLetters = () =>
  driver.driver.read('main-dead-letter').map(({ headers }) => headers['dead-letter-reason']?.toString())

describe('a row', () => {
  it('is never late, however old it is', async () => {
    driver = await RuleDriver.open(rules)
    await card('now', 5 * hour)
    await row('old', 0, 'GB')
    expect(await reasonOf(card('next', 5 * hour))).toBe('GB')
  })

  it('counts beside another of the same position in the source, as those of a snapshot have', async () => {
    driver = await RuleDriver.open(rules)
    await row('1', 0, 'GB', { lsn: 7 })
    await row('2', 0, 'FR', { lsn: 7 })
    expect(await reasonOf(card('a', 0))).toBe('FR')
  })
})

describe('an id', () => {
  it('is not taken by a late record', async () => {
    driver = await RuleDriver.open(rules)
    await card('now', 2 * hour)
    expect(await card('x', 0)).toMatchObject([{ late: 2 * hour }])
    expect(await card('x', 2 * hour)).toMatchObject([{ fired: [{ rule: 'any' }] }])
  })

  it('is not taken by a record that is dead-lettered', async () => {
    driver = await RuleDriver.open(rules)
    expect(await card('x', 0, 'a lot')).toEqual([])
    expect(deadLetters()).toEqual(['wrong-type'])
    expect(await card('x', 1)).toMatchObject([{ fired: [{ rule: 'any' }] }])
  })

  it('makes a record a duplicate before it can be late', async () => {
    driver = await RuleDriver.open(rules)
    await card('x', 2 * hour)
    expect(await card('x', 0)).toEqual([])
    expect(driver.driver.counted('duplicates')).toBe(1)
    expect(driver.driver.read('main-late')).toEqual([])
  })
})

describe('a record', () => {
  it('on another partition than its key hashes to is dead-lettered as misrouted', async () => {
    driver = await RuleDriver.open(rules, { partitions: 2 })
    const text = { kind: 'business', type: 'card.authorised', id: 'a', time: '0' }
    const headers = Object.fromEntries(Object.entries(text).map(([name, value]) => [name, Buffer.from(value)]))
    const own = partitionFor(Buffer.from('k'), 2)
    for (const partition of [1 - own, own])
      await driver.driver.pipe({ topic: 'main', partition, key: 'k', value: '{"amount":5}', headers })
    expect(deadLetters()).toEqual(['misrouted'])
    expect(driver.decisions().map(({ event }) => event)).toMatchObject([{ partition: own }])
  })

  it('with a value over the limit is dead-lettered unread', async () => {
    driver = await RuleDriver.open(rules)
    await driver.send({ id: 'a', timeMs: 0, payload: { amount: 5, note: 'x'.repeat((1 << 20) + 1) } })
    expect(deadLetters()).toEqual(['too-large'])
    expect(driver.decisions()).toEqual([])
  })
})
