import { afterEach, describe, expect, it } from 'vitest'
import { eventHeaders } from '../../src/record/ingress.ts'
import { generateKeys, publicKeysOf } from '../../src/record/keys.ts'
import { signControl } from '../../src/record/signature.ts'
import { signedBy } from '../../src/rules/authenticity.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const rules = `
version: 1
options: {grace: 1h}
events:
  card.authorised: {cardId: string, amount: double, outletId: string}
lists:
  blocked: {from: control}
  trusted: {items: [o-9]}
features:
  at_blocked: {event: card.authorised, where: "inList('blocked', e.cardId)", agg: count, window: 1h}
rules:
- id: blocked
  event: card.authorised
  when: inList('blocked', e.cardId)
  then: {outcome: block, score: 90, reason: "in the list: {inList('blocked', e.cardId)}"}
- id: blocked-amount
  event: card.authorised
  when: inList('blocked', e.amount)
  then: {outcome: review, score: 10}
- id: often
  event: card.authorised
  when: f.at_blocked >= 2
  then: {outcome: review, score: 20}
  mode: shadow
- id: own
  sequence:
    within: 10m
    steps:
    - a: card.authorised
      where: inList('blocked', a.outletId)
    - b: card.authorised
  then: {outcome: challenge, score: 60, reason: "{inList('blocked', b.outletId)} at the second"}
- id: joint
  sequence:
    within: 10m
    steps:
    - a: card.authorised
    - b: card.authorised
      where: a.outletId != b.outletId && inList('blocked', a.outletId + b.outletId)
  then: {outcome: review, score: 30}
  mode: shadow
`
const minute = 60_000
const day = 86_400_000

let driver: RuleDriver
let next = 0

afterEach(() => driver.close())

const change = (payload: unknown, timeMs = 0) =>
  driver.send({ id: `c${next++}`, kind: 'control', type: 'list', timeMs, payload })

const add = (items: readonly unknown[], timeMs = 0, ttl?: string) =>
  change({ list: 'blocked', op: 'add', items, ...(ttl === undefined ? {} : { ttl }) }, timeMs)

const fired = async (timeMs: number, payload = {}) => {
  const [decision] = await driver.send({
    id: `e${next++}`,
    timeMs,
    payload: { cardId: 'c-1', amount: 1, outletId: 'o-1', ...payload },
  })
  return decision?.fired.map(({ rule }) => rule)
}

const deadLetters = () =>
  driver.driver
    .read('main-dead-letter')
    .map(({ headers }) => [headers['dead-letter-reason']!.toString(), headers['dead-letter-detail']!.toString()])

describe('a list from control records', () => {
  it('starts empty, and changes for the events after each record', async () => {
    driver = await RuleDriver.open(rules)
    expect(await fired(0)).toEqual([])
    await add(['c-1', 'c-2'])
    expect(await fired(0)).toEqual(['blocked'])
    await change({ list: 'blocked', op: 'remove', items: ['c-1'] })
    expect(await fired(0)).toEqual([])
    expect(await fired(0, { cardId: 'c-2' })).toContain('blocked')
    await change({ list: 'blocked', op: 'set', items: ['c-1'] })
    expect(await fired(0, { cardId: 'c-2' })).toEqual(['often'])
    expect(await fired(0)).toContain('blocked')
  })

  it('knows an item up to its time to live, inclusive, and anew when it is added again', async () => {
    driver = await RuleDriver.open(rules)
    await add(['c-1'], minute, '1d')
    expect(await fired(day + minute)).toContain('blocked')
    expect(await fired(day + minute + 1)).not.toContain('blocked')
    await add(['c-1'], day, '1d')
    expect(await fired(2 * day)).toContain('blocked')
    await add(['c-1'], 0, '1d')
    expect(await fired(2 * day)).not.toContain('blocked')
    await add(['c-1'], 0)
    expect(await fired(40 * day)).toContain('blocked')
  })

  it('asks for the time of the event, not for stream time', async () => {
    driver = await RuleDriver.open(rules)
    await add(['c-1'], 0, '10m')
    expect(await fired(30 * minute)).toEqual([])
    expect(await fired(10 * minute)).toContain('blocked')
  })

  it('keeps 1 and "1" apart', async () => {
    driver = await RuleDriver.open(rules)
    await add(['1'])
    expect(await fired(0)).toEqual([])
    expect(await fired(0, { cardId: '1' })).toEqual(['blocked'])
    await add([1])
    expect(await fired(0)).toEqual(['blocked-amount'])
  })

  it('is asked when a step arrives, or, of several steps, when a match is sought', async () => {
    driver = await RuleDriver.open(rules)
    await add(['first', 'firstlast'])
    expect(await fired(0, { outletId: 'first' })).toEqual([])
    await change({ list: 'blocked', op: 'remove', items: ['first'] })
    // The first step stays one; a new event no longer is.
    expect(await fired(minute, { outletId: 'last' })).toEqual(['joint', 'own'])
    expect(await fired(20 * minute, { outletId: 'first' })).toEqual([])
    await change({ list: 'blocked', op: 'remove', items: ['firstlast'] })
    expect(await fired(21 * minute, { outletId: 'last' })).toEqual([])
  })

  it('decides which steps and features an event counts for, also behind a change in the same batch', async () => {
    driver = await RuleDriver.open(rules)
    await add(['c-1', 'first'])
    expect(await fired(0, { outletId: 'first' })).toEqual(['blocked'])
    expect(await fired(0)).toEqual(['blocked', 'often', 'own'])
  })

  it('survives a restart, with the numbers of those who signed', async () => {
    driver = await RuleDriver.open(rules, { engine: stateEngine('rocksdb') })
    await add(['c-1'], 0, '1d')
    await driver.driver.reopen()
    expect(await fired(day)).toContain('blocked')
    expect(await fired(day + 1)).not.toContain('blocked')
  })

  it('passes over lists that the rule set does not name', async () => {
    driver = await RuleDriver.open(rules)
    await change({ list: 'trusted', op: 'set', items: [] })
    await change({ list: 'other', op: 'add', items: ['c-1'] })
    expect(await fired(0)).toEqual([])
    expect(deadLetters()).toEqual([])
    expect(driver.driver.counted('control.list.ignored')).toBe(2)
  })

  it.each([
    [{ op: 'add', items: [] }, 'list must be'],
    [{ list: 'blocked', op: 'put', items: [] }, 'op must be'],
    [{ list: 'blocked', op: 'add', items: 'c-1' }, 'items must be'],
    [{ list: 'blocked', op: 'add', items: ['c-1', null] }, 'item 2'],
    [{ list: 'blocked', op: 'add', items: [2 ** 53] }, 'item 1'],
    [{ list: 'blocked', op: 'add', items: ['x'.repeat(1_001)] }, 'item 1'],
    [{ list: 'blocked', op: 'add', items: ['c-1'], ttl: '7 days' }, 'ttl must be'],
    [{ list: 'blocked', op: 'remove', items: ['c-1'], ttl: '7d' }, 'ttl belongs'],
    [{ list: 'blocked', op: 'add', items: ['c-1'], tll: '7d' }, 'no member "tll"'],
  ])('refuses %j whole', async (payload, detail) => {
    driver = await RuleDriver.open(rules)
    await change(payload)
    expect(deadLetters()).toEqual([['invalid-control', expect.stringContaining(detail)]])
    expect(await fired(0)).toEqual([])
  })

  it('refuses what is no change of a list', async () => {
    driver = await RuleDriver.open(rules)
    await driver.send({ id: 'x', kind: 'control', type: 'lists', timeMs: 0 })
    await change('no object')
    expect(deadLetters().map(([reason]) => reason)).toEqual(['invalid-control', 'payload-not-object'])
  })

  it('holds a hundred thousand items and not one more, until some have expired', async () => {
    driver = await RuleDriver.open(rules)
    const items = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `i${from + n}`)
    await add(items(0, 50_000), 0, '1m')
    await add(items(50_000, 100_000))
    await add(items(50_000, 100_001))
    expect(deadLetters()).toEqual([['invalid-control', expect.stringContaining('too many items')]])
    expect(await fired(2 * day, { cardId: 'i99999' })).toContain('blocked')
    expect(await fired(2 * day, { cardId: 'i100000' })).not.toContain('blocked')
    await add(items(50_000, 100_001), 2 * day)
    expect(await fired(2 * day, { cardId: 'i100000' })).toContain('blocked')
  })
})

it('cannot be what a sequence is kept by: what is in it changes', async () => {
  const by = rules.replace(
    'within: 10m\n    steps:\n    - a: card.authorised\n      where: inList',
    "by: inList('blocked', e.cardId)\n    within: 10m\n    steps:\n    - a: card.authorised\n      where: inList",
  )
  await expect(RuleDriver.open(by)).rejects.toMatchObject({ issues: [{ code: 'sequence-by' }] })
})

describe('signed control records', () => {
  const keys = generateKeys()
  const other = generateKeys()
  const authenticity = signedBy('test', { publicKeys: publicKeysOf([keys.publicKey]), macSecret: keys.macSecret })

  const signedAdd = async (item: string, sequence: number, { privateKey } = keys) => {
    const value = JSON.stringify({ list: 'blocked', op: 'add', items: [item] })
    const headers = signControl({
      topic: 'main',
      partition: 0,
      value: Buffer.from(value),
      headers: eventHeaders({ kind: 'control', type: 'list', id: `s${sequence}`, timeMs: 0 }),
      privateKey,
      sequence,
    })
    await driver.driver.pipe({ topic: 'main', partition: 0, key: null, value, headers })
  }

  it('count only when a known key has signed them', async () => {
    driver = await RuleDriver.open(rules, { authenticity })
    await add(['c-1'])
    await signedAdd('c-1', 1, other)
    expect(await fired(0)).toEqual([])
    expect(deadLetters().map(([reason]) => reason)).toEqual(['forged', 'forged'])
    await signedAdd('c-1', 1)
    expect(await fired(0)).toContain('blocked')
  })

  it('do not count when an old one is sent again, also after a restart', async () => {
    driver = await RuleDriver.open(rules, { authenticity, engine: stateEngine('rocksdb') })
    await signedAdd('c-0', 7)
    await signedAdd('c-1', 9)
    await driver.driver.reopen()
    for (const sequence of [7, 8, 9]) await signedAdd('c-2', sequence)
    expect(deadLetters().map(([reason]) => reason)).toEqual(['forged', 'forged', 'forged'])
    expect(await fired(0, { cardId: 'c-2' })).toEqual([])
    await signedAdd('c-2', 10)
    expect(await fired(0, { cardId: 'c-2' })).toContain('blocked')
  })
})
