import { describe, expect, it } from 'vitest'
import { compileExpression } from '../../src/rules/expression.ts'
import type { Scope } from '../../src/rules/scope.ts'
import { anyType, cardScope, compiled } from './declared-scope.ts'

const scope: Scope = {
  e: {
    amount: 25,
    count: 3,
    status: 'approved',
    name: 'Ann',
    ok: true,
    geo: { lat: 51.5, lon: -0.12 },
    tags: ['vip', 'new'],
    scores: [1, 2.5],
    time: Date.UTC(2026, 6, 1, 23, 30),
    id: 'tx-1',
    type: 'card',
    'x-y': 7,
  },
  a: { geo: { lat: 51.5, lon: -0.1 }, time: 0 },
  b: { geo: { lat: 48.9, lon: 2.4 }, time: 480_000 },
  key: 'cust-7',
  f: { spend: undefined },
  t: { customers: { balance: 900, country: undefined } },
}

type Row = readonly [text: string, value: unknown]

const numbers: readonly Row[] = [
  ['3 * e.amount', 75],
  ['e.count == 3', true],
  ['e.count > 2.5', true],
  ['e.amount - 1 / 2', 24.5],
  ['7 / 2', 3.5],
  ['1 / 0', Number.POSITIVE_INFINITY],
  ['-1 / 0', Number.NEGATIVE_INFINITY],
  ['0 / 0 == 0 / 0', false],
  ['0 / 0 != 0 / 0', true],
  ['0 / 0 < 1 || 0 / 0 >= 1', false],
  ['0.1 + 0.2 == 0.3', false],
  ['-e.amount', -25],
  ['-0 == 0', true],
  ['0x10 + 1', 17],
  ['1e3 > 999', true],
  ['size(e.tags) == 2', true],
  ['size(e.status) > 7.5', true],
  ['abs(-2.5)', 2.5],
  ['min(3, 1.5, 2)', 1.5],
  ['max(e.amount, 26)', 26],
  ['round(2.5)', 3],
  ['round(-2.5)', -3],
  ['round(2.345, 2)', 2.35],
  ['round(1.005, 2)', 1],
  ['round(-0.4)', 0],
  ['round(1e300, 2) == 1e300', true],
  ['int(2.9)', 2],
  ['int(-2.9)', -2],
  ["double('2.5') + 1", 3.5],
  ["double('x')", undefined],
  ["string(2.50) + '!'", '2.5!'],
]

const texts: readonly Row[] = [
  ["e.status == 'approved'", true],
  ['e.status == "approved"', true],
  ["'a' < 'b'", true],
  ["'a' < 'ab'", true],
  ["'Z' < 'a'", true],
  // By bytes U+FFFD comes before U+1F600, by UTF-16 units it would come after.
  ["'\\uFFFD' < '\\U0001F600'", true],
  ["'\\U0001F600' <= '\\uFFFD'", false],
  ["size('\\U0001F600é')", 2],
  ["e.status.contains('rov') && e.status.startsWith('app') && e.status.endsWith('ed')", true],
  ["e.status.matches('^app.+d$')", true],
  ["e.status.matches('prov')", true],
  ["e.status + '-' + key", 'approved-cust-7'],
  ["''", ''],
  ["e.status in ['approved', 'declined']", true],
  ['e.count in [1, 2, 3.0]', true],
  ["'vip' in e.tags", true],
  ['e.ok ? 1 : 2', 1],
  ['e["x-y"]', 7],
]

const lists: readonly Row[] = [
  ['e.tags[1]', 'new'],
  ['e.tags[2]', undefined],
  ['e.tags[0.5]', undefined],
  ['e.tags[-1]', undefined],
  ["e.tags.exists(t2, t2 == 'vip')", true],
  ['e.scores.all(s, s > 0)', true],
  ['e.scores.exists_one(s, s > 2)', true],
  ['size(e.scores.filter(s, s > 2))', 1],
  ['e.scores.map(s, s * 2) == [2, 5]', true],
  ['e.scores.exists(s, e.tags.exists(t2, size(t2) == s + 2))', true],
  ["inList('trusted', e.id)", false],
  ["inList('trusted', 'o-1')", true],
  ["inList('sizes', e.count - 1)", true],
]

const places: readonly Row[] = [
  ['e.geo.lat', 51.5],
  ['e.geo == e.geo', true],
  ['a.geo != b.geo', true],
  ['round(km(a.geo, b.geo), 3)', 339.433],
  ['round(miles(a.geo, b.geo), 3)', 210.914],
  ['km(a.geo, a.geo)', 0],
  ['minutes(a.time, b.time)', 8],
  ['seconds(b.time, a.time)', -480],
  ['hours(a.time, b.time) * 60 == minutes(a.time, b.time)', true],
  ['days(0, 86400000)', 1],
  ["hourOfDay(e.time, 'Europe/London')", 0],
  ["hourOfDay(e.time, 'UTC')", 23],
  ["hourOfDay(1 / 0, 'UTC')", undefined],
  ["hourOfDay(e.time, 'Europe/' + 'London')", 0],
  ["hourOfDay(e.time, 'Europe/' + 'Nowhere')", undefined],
  ["hourOfDay(e.time, '' + '+01:00')", undefined],
]

const absence: readonly Row[] = [
  ['f.spend > 1', undefined],
  ['f.spend > 1 || true', true],
  ['true || f.spend > 1', true],
  ['f.spend > 1 || false', undefined],
  ['f.spend > 1 && false', false],
  ['false && f.spend > 1', false],
  ['true && f.spend > 1', undefined],
  ['!(f.spend > 1)', undefined],
  ['has(f.spend)', false],
  ['!has(f.spend)', true],
  ['has(t.customers.balance)', true],
  ['has(t.customers.country)', false],
  ['has(t.customers)', true],
  ['has(e.geo.lat)', true],
  ['has(a.tags)', false],
  ['f.spend == f.spend', undefined],
  ['f.spend > 1 ? 1 : 2', undefined],
  ['true ? 1 : f.spend', 1],
  ['min(1, f.spend)', undefined],
  ['[1, f.spend] == [1, 2]', undefined],
  ['a.tags.exists(x, true)', undefined],
  ["e.tags.exists(x, f.spend > 1 || x == 'new')", true],
  ["e.tags.all(x, f.spend > 1 || x == 'new')", undefined],
  ['e.tags.all(x, f.spend > 1 && false)', false],
  ['has(e.constructor)', false],
  ['a.geo.lat > b.amount', undefined],
]

describe('an expression', () => {
  it.each([...numbers, ...texts, ...lists, ...places, ...absence])('gives for %s %j', (text, value) => {
    expect(compiled(text).evaluate(scope)).toEqual(value)
  })

  it('finds no field of an absent row or event', () => {
    for (const empty of [{}, { t: {} }, { t: { customers: null } }, { t: undefined }]) {
      expect(compiled('t.customers.balance > 1').evaluate(empty)).toBeUndefined()
      expect(compiled('has(t.customers.balance)').evaluate(empty)).toBe(false)
      expect(compiled('has(t.customers)').evaluate(empty)).toBe(false)
    }
    expect(compiled('e.amount > 1').evaluate({ e: { amount: null } })).toBeUndefined()
  })

  it('asks has() only about the last name: a coordinate of an absent place is an error, as CEL says', () => {
    expect(compiled('has(e.geo.lat)').evaluate({ e: {} })).toBeUndefined()
    expect(compiled('has(e.geo) && has(e.geo.lat)').evaluate({ e: {} })).toBe(false)
  })

  it('does not take what objects inherit for a field', () => {
    expect(compiled('e.constructor').evaluate({ e: {} })).toBeUndefined()
    expect(compiled('e.constructor').evaluate({ e: { constructor: 'x' } })).toBe('x')
  })

  it('looks control lists up in its scope, by value and type', () => {
    const asked: unknown[] = []
    const $inList = (name: string, value: unknown) => asked.push([name, value]) > 0
    const expression = compiled("inList('blocked', e.status) && inList('blocked', 1)")
    expect(expression.lists).toEqual(['blocked'])
    expect(expression.evaluate({ ...scope, $inList })).toBe(true)
    expect(asked).toEqual([
      ['blocked', 'approved'],
      ['blocked', 1],
    ])
    expect(compiled("inList('blocked', a.status)").evaluate({ ...scope, $inList })).toBeUndefined()
  })

  it('throws what is a failure of ours, such as a lookup that is not there', () => {
    expect(() => compiled("inList('blocked', e.status)").evaluate(scope)).toThrow('no lookup')
  })

  it('says what it reads as it is written, also inside has()', () => {
    const text = "has(t.customers.balance) && e.amount > f.spend && e.geo.lat > 1 && key != '' && a.geo == b.geo"
    expect(compiled(text).reads).toEqual([
      'a.geo',
      'b.geo',
      'e.amount',
      'e.geo.lat',
      'f.spend',
      'key',
      't.customers.balance',
    ])
    expect(compiled('e["x-y"] > 1').reads).toEqual(['e.x-y'])
    expect(compiled('1 > 2').reads).toEqual([])
  })

  it('knows when it reads a personal field', () => {
    expect(compiled("e.name == 'Ann'").pii).toBe(true)
    expect(compiled("e.status == 'Ann'").pii).toBe(false)
  })

  it('gives its conjuncts, which are all true exactly when it is', () => {
    const expression = compiled("a.status == b.status && (e.amount > 1 || e.ok) && has(f.spend) && e.name == 'x'")
    expect(expression.conjuncts.map(({ text }) => text)).toEqual([
      'a.status == b.status',
      'e.amount > 1 || e.ok',
      'has(f.spend)',
      "e.name == 'x'",
    ])
    expect(expression.conjuncts.map(({ reads }) => reads)).toEqual([
      ['a.status', 'b.status'],
      ['e.amount', 'e.ok'],
      ['f.spend'],
      ['e.name'],
    ])
    expect(expression.conjuncts.map((part) => part.evaluate(scope))).toEqual([undefined, true, false, false])
    const single = compiled('e.amount > 1')
    expect(single.conjuncts).toEqual([single])
  })

  it('gives both sides of a comparison', () => {
    const { comparison } = compiled('(a.status + e.status) == b.status')
    expect(comparison?.op).toBe('==')
    expect(comparison?.left.text).toBe('a.status + e.status')
    expect(comparison?.right.reads).toEqual(['b.status'])
    expect(comparison?.right.type).toBe('string')
    expect(compiled('e.amount >= 1').comparison?.op).toBe('>=')
    expect(compiled('e.amount > 1 && true').comparison).toBeUndefined()
  })

  it('must be of an expected type', () => {
    const { problems } = compileExpression('e.amount', cardScope, ['bool'])
    expect(problems).toMatchObject([{ code: 'result-type', start: 0, end: 8 }])
  })

  it('reports every problem at its position', () => {
    const text = "e.amont > 1 && f.spent == 'x' && e.tags.exists(x, x > 1)"
    const { problems } = compileExpression(text, cardScope, anyType)
    expect(problems.map(({ code, start, end }) => [code, text.slice(start, end)])).toEqual([
      ['unknown-field', 'amont'],
      ['unknown-feature', 'spent'],
      ['type-mismatch', 'x > 1'],
    ])
  })

  it('does not stumble over long or deep texts', () => {
    for (const text of [
      '!'.repeat(4_000),
      '-'.repeat(4_000),
      '('.repeat(4_000),
      'a.'.repeat(2_000),
      '['.repeat(4_000),
    ]) {
      expect(compileExpression(`${text}e`, cardScope, anyType).expression).toBeUndefined()
    }
    expect(compileExpression(' '.repeat(5_000), cardScope, anyType).problems[0]?.code).toBe('expression-too-large')
    const many = Array.from({ length: 200 }, () => 'e.ok').join(' && ')
    expect(compiled(many).evaluate(scope)).toBe(true)
    expect(compiled(many).conjuncts).toHaveLength(200)
  })

  it('knows nothing of CEL that rules do not promise', () => {
    for (const text of [
      'timestamp("2026-01-01T00:00:00Z")',
      'duration("1s")',
      'type(1)',
      'cel.bind(x, 1, x)',
      'now()',
    ]) {
      expect(compileExpression(text, cardScope, anyType).expression).toBeUndefined()
    }
    for (const text of ["b'x'", '1u', '{"a": 1}', 'null', '[]', '[[1]]']) {
      expect(compileExpression(text, cardScope, anyType).expression).toBeUndefined()
    }
  })
})
