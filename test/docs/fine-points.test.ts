import { afterEach, describe, expect, it } from 'vitest'
import { createIngress } from '../../src/record/ingress.ts'
import { murmur2 } from '../../src/record/murmur2.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { RuleDriver } from '../support/rule-driver.ts'
import { decideLines } from './decide-lines.ts'

const rules = `
version: 1
events:
  card.authorised: {amount: double, n: int, at: timestamp, name: string, cardId: string, geo: geo, tags: list<string>}
tables:
  customers: {from: public.customers, fields: {id: string, country: string}}
  cards: {from: public.cards, id: cardId, on: e.cardId, fields: {cardId: string, limit: double}}
rules:
- {id: seen, event: card.authorised, when: 'true', then: {outcome: review, score: 1, reason: "{e.n} {e.at} {e.name} {round(e.amount, 2)} {t.customers.country}"}}
- {id: bare, event: card.authorised, when: has(t.cards) && t.cards.limit > 0, then: {outcome: review, score: 1}}
- {id: no-latitude, event: card.authorised, when: "!has(e.geo.lat)", then: {outcome: review, score: 1}}
- {id: no-geo, event: card.authorised, when: "!has(e.geo)", then: {outcome: review, score: 1}}
- {id: digits, event: card.authorised, when: "e.name.matches('[0-9]')", then: {outcome: review, score: 1}}
- {id: infinite, event: card.authorised, when: e.amount / 0 > 1000000, then: {outcome: review, score: 1}}
- {id: halves, event: card.authorised, when: "round(2.5) == 3 && round(-2.5) == -3 && round(1.005, 2) == 1", then: {outcome: review, score: 1}}
`
const ruleSet = loadRuleFiles([{ path: 'rules.yaml', text: rules }])
const time = '2026-03-01T10:00:00Z'

let next = 0
const line = (payload: object = {}, more: object = {}) =>
  JSON.stringify({ kind: 'business', type: 'card.authorised', id: `x-${next++}`, key: 'k', time, payload, ...more })
const decide = (...lines: string[]) => decideLines(ruleSet, lines.join('\n'))

let driver: RuleDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

const open = async (partitions = 1) => {
  driver = await RuleDriver.open(rules, { partitions })
  return driver
}
const letters = () => driver!.driver.read('main-dead-letter').map(({ headers }) => `${headers['dead-letter-reason']}`)

/** What the rule `seen` prints: n, at, name, rounded amount, country. */
const printedBy = async (text: string | Buffer) =>
  (await decideLines(ruleSet, text)).decisions
    .at(-1)
    ?.fired.find(({ rule }) => rule === 'seen')
    ?.reason?.split(' ') ?? []

const printed = (payload: object, ...before: string[]) => printedBy([...before, line(payload)].join('\n'))

const firedOf = async (payload: object, ...before: string[]) =>
  (await decide(...before, line(payload))).decisions.at(-1)!.fired

describe('records', () => {
  it.each([
    ['type', 'missing-type'],
    ['id', 'missing-id'],
    ['key', 'missing-key'],
  ])('with an empty %s lack it', async (member, reason) => {
    const { counts } = await decide(line({}, { [member]: '' }))
    expect(Object.fromEntries(counts)).toEqual({ [`dead-lettered.${reason}`]: 1 })
  })

  it('share ids with rows without being duplicates, and with other customers', async () => {
    const row = line(
      { op: 'c', before: null, after: { id: 'k' } },
      { kind: 'data', type: 'public.customers', id: 'same' },
    )
    const { decisions, counts } = await decide(row, line({}, { id: 'same' }), line({}, { id: 'same', key: 'j' }))
    expect(decisions).toHaveLength(2)
    expect(counts.get('duplicates')).toBeUndefined()
    expect((await decide(row, row)).counts.get('duplicates')).toBe(1)
  })

  it('that are not UTF-8 are dead-lettered for it, in lines they read as U+FFFD', async () => {
    const { driver: log } = await open()
    const bad = Buffer.from([0xff])
    const headers = { kind: Buffer.from('business'), type: Buffer.from('card.authorised'), time: Buffer.from('0') }
    const id = Buffer.from('i')
    const record = { topic: 'main', key: 'k', value: Buffer.from('{}'), timestampMs: 0 }
    await log.pipe({ ...record, headers: { ...headers, type: bad, id } })
    await log.pipe({ ...record, headers: { ...headers, id: bad } })
    await log.pipe({ ...record, key: bad, headers: { ...headers, id } })
    await log.pipe({ ...record, value: bad, headers: { ...headers, id } })
    expect(letters()).toEqual(['missing-type', 'missing-id', 'invalid-key', 'not-json'])
    const text = Buffer.from(line({ name: 'A?' }).replace('?', '\u0001'), 'latin1')
    text[text.indexOf(1)] = 0xff
    expect((await printedBy(text))[2]).toBe('A\ufffd')
    expect((await printed({ name: 'A\ud800' }))[2]).toBe('A\ufffd')
  })

  it('in lines are never ahead without a timestamp, and are with one', async () => {
    expect((await decide(line(), line({}, { time: '2030-01-01T00:00:00Z' }))).decisions).toHaveLength(2)
    const { counts } = await decide(
      line({}, { timestamp: Date.parse(time) - 600_001 }),
      line({}, { timestamp: Date.parse(time) - 600_000 }),
    )
    expect(counts.get('dead-lettered.ahead')).toBe(1)
  })

  it('in lines take offsets also when they are blank or broken', async () => {
    const { decisions, counts } = await decide('', '{', '[1]', line())
    expect(decisions.map(({ decisionId }) => decisionId)).toEqual(['d:0:3'])
    expect(Object.fromEntries(counts)).toMatchObject({ 'dead-lettered.missing-kind': 3 })
  })

  it('are judged misrouted only where the rule set names their type', async () => {
    const { driver: log } = await open(2)
    const key = 'k'
    const own = (murmur2(Buffer.from(key)) & 0x7fffffff) % 2
    const header = (type: string) => ({
      kind: Buffer.from('business'),
      type: Buffer.from(type),
      id: Buffer.from(type),
      time: Buffer.from('0'),
    })
    const record = { topic: 'main', partition: 1 - own, key, value: '{}', timestampMs: 0 }
    await log.pipe({ ...record, headers: header('unnamed') })
    expect(letters()).toEqual([])
    await log.pipe({ ...record, headers: header('card.authorised') })
    expect(letters()).toEqual(['misrouted'])
  })

  it('of Debezium have position, table and primary key for an id', () => {
    const ingress = createIngress({ mapping: 'debezium', maxAheadMs: 0 })
    const source = { schema: 'public', table: 'customers', lsn: 881, ts_ms: 5 }
    const value = Buffer.from(JSON.stringify({ op: 'r', before: null, after: { id: 'cust-7' }, source }))
    const record = {
      topic: 'main',
      partition: 0,
      offset: 0,
      timestampMs: 5,
      key: Buffer.from('cust-7'),
      value,
      headers: {},
    }
    expect(ingress(record)).toMatchObject({ head: { id: '881:public.customers:cust-7', type: 'public.customers' } })
  })

  it('are late by stream time less their time', async () => {
    const { decisions } = await decide(
      line(),
      line({}, { time: '2026-03-01T08:59:59.999Z' }),
      line({}, { time: '2026-03-01T09:00:00Z' }),
    )
    expect(decisions.map(({ late }) => late)).toEqual([undefined, 3_600_001, undefined])
  })
})

describe('values', () => {
  it('of type int reach to 2^53, and those of type timestamp are numbers or texts', async () => {
    expect((await printed({ n: 2 ** 53, at: 5 })).slice(0, 2)).toEqual(['9007199254740992', '5'])
    expect((await printed({ n: -0, at: '1970-01-01T00:00:00.005Z' })).slice(0, 2)).toEqual(['0', '5'])
    const { counts } = await decide(
      line({ n: 2 ** 53 + 2 }),
      line({ n: 1.5 }),
      line({ at: '5' }),
      line({ at: '1970-01-01T00:00:00' }),
    )
    expect(counts.get('dead-lettered.wrong-type')).toBe(4)
  })

  it('are rounded by what they are, not by how they are written', async () => {
    expect((await printed({ amount: 1.005 }))[3]).toBe('1')
    expect((await firedOf({})).map(({ rule }) => rule)).toContain('halves')
  })

  it('are matched anywhere in a text, and divided by zero without an error', async () => {
    const fired = await firedOf({ name: 'Ann 7', amount: 1 })
    expect(fired.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['digits', 'infinite']))
  })

  it('that are absent have no parts to ask for', async () => {
    const fired = (await firedOf({})).map(({ rule }) => rule)
    expect(fired).toContain('no-geo')
    expect(fired).not.toContain('no-latitude')
  })

  it.each(['e.name == null', '{"a": 1}.a == 1', "b'x' == b'x'", 'e.n % 2 == 0'])('are not written as in %s', (when) => {
    expect(() =>
      loadRuleFiles([
        {
          path: 'r.yaml',
          text: `${rules}- {id: odd, event: card.authorised, when: '${when.replaceAll("'", "''")}', then: {outcome: review, score: 1}}`,
        },
      ]),
    ).toThrow()
  })
})

const row = (id: string, payload: object, type = 'public.customers') =>
  line({ before: null, after: null, ...payload }, { kind: 'data', type, id })

describe('tables', () => {
  it('name the record that wrote a row, not the row', async () => {
    const { decisions } = await decide(
      row('lsn-1', { op: 'c', after: { cardId: 'c-1', limit: 5 } }, 'public.cards'),
      line({ cardId: 'c-1' }),
    )
    expect(decisions[0]).toMatchObject({ rows: [{ table: 'cards', id: 'lsn-1', offset: 0 }] })
    expect(decisions[0]!.fired.map(({ rule }) => rule)).toContain('bare')
  })

  it('without on tell rows apart by their column id, and keep a row when another is deleted', async () => {
    const country = async (...rows: string[]) => (await printed({}, ...rows)).at(-1)
    const [first, second] = [
      row('1', { op: 'c', after: { id: 'a', country: 'GB' } }),
      row('2', { op: 'c', after: { id: 'b', country: 'FR' } }),
    ]
    const gone = (id: string) => row(`gone ${id}`, { op: 'd', before: { id } })
    expect(await country(first, second)).toBe('FR')
    expect(await country(first, second, gone('a'))).toBe('FR')
    expect(await country(first, second, gone('b'))).toBe('?')
    expect((await decide(first, second)).counts.get('several-rows.customers')).toBe(1)
  })

  it('with on cannot delete a row whose id is not told', async () => {
    const { counts } = await decide(row('1', { op: 'd' }, 'public.cards'))
    expect(counts.get('dead-lettered.wrong-type')).toBe(1)
  })
})

describe('sequences', () => {
  const paired = loadRuleFiles([
    {
      path: 'r.yaml',
      text: `
events:
  card.authorised: {amount: double, cardId: string}
rules:
- id: pair
  sequence:
    within: 1h
    maxCandidates: 2
    steps:
    - a: card.authorised
    - b: card.authorised
      where: b.amount > a.amount + 100
  then: {outcome: review, score: 1}
`,
    },
  ])

  it('say so when they looked at the newest candidates only', async () => {
    const amounts = [1, 50, 50, 120]
    const { decisions } = await decideLines(paired, amounts.map((amount) => line({ amount })).join('\n'))
    expect(decisions.map(({ truncated, fired }) => [truncated, fired.length])).toEqual([
      [undefined, 0],
      [undefined, 0],
      [undefined, 0],
      [['pair'], 0],
    ])
  })
})

describe('rule sets', () => {
  it('have one hash with and without tests, comments and defaults, and another when a rule says something else', () => {
    const hashOf = (text: string) => loadRuleFiles([{ path: 'r.yaml', text }]).hash
    const written = rules
      .replace('version: 1', '# a comment\nversion: 1\noptions: {grace: 60m, emit: all, tickAfter: 1000ms}')
      .replace("when: 'true'", "mode: live, when: 'true'")
    expect(hashOf(`${written}tests:\n- {name: none, events: [], expect: []}\n`)).toBe(ruleSet.hash)
    expect(hashOf(rules.replace('id: seen', 'id: seen, owner: me'))).not.toBe(ruleSet.hash)
  })

  it('mask personal data in reasons, and not in features', async () => {
    const text = `
events: {card.authorised: {name: {type: string, pii: true}}}
features: {name: {event: card.authorised, agg: last, value: e.name, window: 1h}}
rules:
- {id: named, event: card.authorised, when: f.name != '', then: {outcome: review, score: 1, reason: "{e.name} {f.name}"}}
`
    const { decisions } = await decideLines(loadRuleFiles([{ path: 'r.yaml', text }]), line({ name: 'Ann' }))
    expect(decisions).toMatchObject([{ features: { name: 'Ann' }, fired: [{ reason: '*** ***' }] }])
  })

  it('leave the reason out of what fires without one', async () => {
    const fired = await firedOf({})
    expect(fired.find(({ rule }) => rule === 'no-geo')).not.toHaveProperty('reason')
  })
})
