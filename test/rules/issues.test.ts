import { describe, expect, it } from 'vitest'
import { issueCodes } from '../../src/rules/loading/issue-codes.ts'
import { limits } from '../../src/rules/loading/read-tree.ts'
import { issuesOf, place, unmark } from './marked.ts'

const events = `events:
  card: {cardId: string, amount: double, status: string, geo: geo, tags: list<string>, seen: timestamp}
  login: {deviceId: string}
`
const tables = `tables:
  customers: {from: public.customers, fields: {id: string, balance: double}}
  cards: {from: public.cards, id: cardId, on: e.cardId, fields: {cardId: string, limit: double}}
`
const lists = `lists:
  trusted: {items: [o-1, o-2]}
  blocked: {from: control}
`
const features = `features:
  spend: {event: card, agg: sum, value: e.amount, by: e.cardId, window: 1h}
  users: {event: login, agg: distinct, value: key, by: e.deviceId, window: 1h, scope: global}
`
const base = events + tables + lists + features
const then = '{outcome: review, score: 10}'
/** A rule whose condition is the text. */
const when = (condition: string) => `${base}rules:\n- id: r\n  event: card\n  when: ${condition}\n  then: ${then}\n`
const login = (condition: string) => `${base}rules:\n- id: r\n  event: login\n  when: ${condition}\n  then: ${then}\n`
const rule = (parts: string) => `${base}rules:\n- {id: r, ${parts}}\n`
const reason = (text: string) =>
  rule(`event: card, when: e.amount > 1, then: {outcome: review, score: 1, reason: ${text}}`)
const sequence = (parts: string) => rule(`then: ${then}, sequence: {${parts}}`)
const steps = (text: string) => sequence(`within: 1h, steps: ${text}`)
const feature = (parts: string) => `${events}${lists}features:\n  x: {${parts}}\n`
const test = (parts: string) => `${when('e.amount > 1')}tests:\n- {name: n, ${parts}}\n`
const ok = '{t: 0m, key: k, card: {}}'

type Case = readonly [code: string, what: string, file: string, path?: string]

const cases: readonly Case[] = [
  ['file-too-large', 'a file beyond the limit', `§# ${'x'.repeat(limits.fileBytes)}`],
  ['yaml-syntax', 'a bracket that is not closed', 'events: {card: {}§'],
  ['yaml-syntax', 'a condition that begins with ! without quotes', when('§!has(e.amount)')],
  ['yaml-syntax', 'two documents', 'version: 1\n§---\nversion: 1\n'],
  ['yaml-syntax', 'an alias without its anchor', 'events: {card: §*other}'],
  ['yaml-syntax', 'another version of YAML', '§%YAML 1.1\n---\nversion: 1\n'],
  ['json-syntax', 'JSON with a comma too many', '{"version": 1,§}', 'rules.json'],
  ['json-syntax', 'YAML that calls itself JSON', '§version: 1', 'rules.json'],
  ['too-deep', 'values in values', `version: ${'['.repeat(limits.depth)}§[${']'.repeat(limits.depth + 1)}`],
  ['alias-in-itself', 'an alias in what it stands for', 'events: &e {card: §*e}'],
  ['key-not-text', 'a key that is a list', 'events:\n  ? §[a]\n  : {}\n'],
  ['unknown-key', 'a section that is misspelt', '§evnts: {}\n'],
  ['unknown-key', 'a key that is misspelt', rule(`event: card, when: e.amount > 1, §moed: live, then: ${then}`)],
  ['unknown-key', 'an option that is misspelt', 'options: {§grase: 1h}'],
  ['unknown-key', 'a key of a field that is misspelt', 'events: {card: {id2: {type: string, §pi: true}}}'],
  ['missing-key', 'a rule without its outcome', rule('event: card, when: e.amount > 1, then: §{score: 1}')],
  ['missing-key', 'a test event without its key', test(`events: [§{t: 0m, card: {}}], expect: []`)],
  ['wrong-type', 'a condition that is no text', when('§true')],
  ['wrong-type', 'a section that is a list', 'events: §[card]'],
  ['wrong-type', 'a file that is a list', '§- rules'],
  ['wrong-type', 'a window that is a number', feature('event: card, agg: count, window: §5')],
  [
    'unknown-value',
    'an outcome that is misspelt',
    rule('event: card, when: e.amount > 1, then: {outcome: §blok, score: 1}'),
  ],
  ['unknown-value', 'another version', 'version: §2'],
  ['out-of-range', 'a score beyond 100', rule('event: card, when: e.amount > 1, then: {outcome: block, score: §101}')],
  ['out-of-range', 'a sequence without steps', steps('§[]')],
  ['duplicate-name', 'a key twice', 'events: {card: {}, §card: {}}'],
  [
    'duplicate-name',
    'a rule twice',
    `${when('e.amount > 1')}- {id: §r, event: card, when: e.amount > 2, then: ${then}}\n`,
  ],
  ['duplicate-name', 'a step twice', steps('[{a: card}, {§a: card}]')],
  ['duplicate-name', 'a test twice', `${test(`events: [${ok}], expect: []`)}- {name: §n, events: [], expect: []}\n`],
  [
    'too-many',
    'more fields than a type may have',
    `events: {card: {${Array.from({ length: 500 }, (_, i) => `a${i}: bool`).join(', ')}, §b: bool}}`,
  ],
  [
    'bad-name',
    'a feature that conditions cannot name',
    feature('').replace('x: {}', '§x-1: {event: card, agg: count, window: 1h}'),
  ],
  ['bad-name', 'a table that conditions cannot name', `${events}tables: {§my-table: {from: a.b, fields: {}}}`],
  [
    'bad-name',
    'a rule id with a space',
    `${base}rules:\n- {id: §my rule, event: card, when: e.amount > 1, then: ${then}}\n`,
  ],
  ['bad-name', '__proto__', 'events: {§__proto__: {}}'],
  ['bad-duration', 'a duration with a space', 'options: {grace: §10 min}'],
  ['bad-date', 'a date in words', rule(`event: card, when: e.amount > 1, expires: §tomorrow, then: ${then}`)],
  [
    'bad-date',
    'a date that is not in the calendar',
    rule(`event: card, when: e.amount > 1, expires: §2026-02-30, then: ${then}`),
  ],
  [
    'bad-time',
    'a time without an offset',
    test(`events: [{t: "§2026-01-01T00:00:00", key: k, card: {}}], expect: []`).replace('"§', '§"'),
  ],
  ['bad-time', 'a start that is no time', test(`start: §noon, events: [], expect: []`)],
  ['unknown-field-type', 'a type that is misspelt', 'events: {card: {amount: §dubble}}'],
  ['unknown-field-type', 'a list of lists', 'events: {card: {amount: §list<list<string>>}}'],
  ['reserved-field', 'a field that every event has', 'events: {card: {§time: string}}'],
  ['reserved-event', 'an event that a feature would write', 'events: {§feature.x: {}}'],
  ['event-is-data-type', 'a table of an event type', `${events}tables: {cards: {from: §card, fields: {}}}`],
  [
    'unknown-event',
    'an event type that is misspelt',
    `${base}rules:\n- {id: r, event: §crad, when: 1 > 2, then: ${then}}\n`,
  ],
  [
    'unknown-event',
    'the events of a feature that writes none',
    `${base}rules:\n- {id: r, event: §feature.spend, when: 1 > 2, then: ${then}}\n`,
  ],
  ['unknown-event', 'an event of a test', test('events: [{t: 0m, key: k, §crad: {}}], expect: []')],
  ['unknown-rule', 'a rule that a test expects', test(`events: [${ok}], expect: [{event: 1, rules: [§q]}]`)],
  ['unknown-rule', 'a trailing rule that a test expects', test(`events: [${ok}], expect: [{event: 1, trailing: §q}]`)],
  ['table-join', 'on without an id', `${events}tables: {cards: {from: a.b, §on: e.cardId, fields: {cardId: string}}}`],
  ['table-join', 'an id that is a place', `${events}tables: {cards: {from: a.b, id: §g, on: e.geo, fields: {g: geo}}}`],
  ['list-mixed', 'texts and numbers', 'lists: {a: {items: [o-9, §7]}}'],
  ['feature-value', 'count with a value', feature('event: card, agg: count, §value: e.amount, window: 1h')],
  ['feature-value', 'sum without a value', feature('event: card, §agg: sum, window: 1h')],
  ['feature-by', 'a global feature without by', feature('event: card, agg: count, §scope: global, window: 1h')],
  ['feature-global', 'emit without scope: global', feature('event: card, agg: count, §emit: value > 1, window: 1h')],
  [
    'feature-global',
    'an emit that asks for a list',
    feature('event: card, agg: count, by: key, scope: global, emit: §"inList(\'vip\', by)", window: 1h'),
  ],
  ['feature-global', 'a feature of a feature', feature('event: §feature.users, agg: count, window: 1h')],
  [
    'window-order',
    'a window that ends before it begins',
    feature('event: card, agg: count, window: §{from: 1d, to: 2d}'),
  ],
  [
    'rule-kind',
    'a rule with event and sequence',
    rule(`event: card, §sequence: {within: 1h, steps: [{a: card}]}, then: ${then}`),
  ],
  [
    'rule-kind',
    'a rule with all of event, when and sequence',
    rule(`event: card, when: e.amount > 1, §sequence: {within: 1h, steps: [{a: card}]}, then: ${then}`),
  ],
  ['rule-kind', 'a rule with neither', `${base}rules:\n- §{id: r, then: ${then}}\n`],
  [
    'rule-on-data-type',
    'a rule on rows',
    `${base}rules:\n- {id: r, event: §public.cards, when: 1 > 2, then: ${then}}\n`,
  ],
  ['rule-on-data-type', 'a step on rows', steps('[{a: §public.cards}]')],
  ['step-shape', 'a step with two names', steps('[{a: card, §b: login}]')],
  ['step-shape', 'a step without a name', steps('[§{where: e.amount > 1}]')],
  ['step-shape', 'for without not', steps('[{a: card, §for: 5m}]')],
  ['step-name', 'a step that hides the event', steps('[{§e: card}]')],
  ['step-name', 'a step that is a word of CEL', steps('[{§in: card}]')],
  ['sequence-by', 'a by that one step lacks', sequence('by: §e.cardId, within: 1h, steps: [{a: card}, {b: login}]')],
  ['not-first', 'not as the first step', steps('[§{not: login}, {a: card}]')],
  ['not-last', 'not as the last step without for', steps('[{a: card}, §{not: login}]')],
  [
    'not-any-order',
    'not in any order',
    sequence('within: 1h, anyOrder: true, steps: [{a: card}, §{not: login}, {b: card}]'),
  ],
  ['for-too-long', 'for beyond within', steps('[{a: card}, {not: login, §for: 2h}, {b: card}]')],
  ['template-open', 'a brace that is not closed', reason('"an amount of §{e.amount"')],
  ['test-event', 'an event without a type', test('events: [§{t: 0m, key: k}], expect: []')],
  ['test-event', 'an event with two types', test('events: [{t: 0m, key: k, card: {}, §login: {}}], expect: []')],
  ['test-event', 'an expectation beyond the events', test(`events: [${ok}], expect: [{event: §2}]`)],
  ['expression-syntax', 'one = for a comparison', when('e.status §= "x"')],
  ['expression-syntax', 'and for &&', when('e.amount > 1 §and e.amount < 2')],
  ['expression-syntax', 'an empty condition', when("'§'")],
  ['expression-too-large', 'brackets in brackets', when(`${'('.repeat(50)}§${'('.repeat(20)}`)],
  ['unknown-name', 'a field without e', when('§amount > 1')],
  ['unknown-name', 'a text without quotes', when('e.status == §approved')],
  ['unknown-field', 'a field that is misspelt', when('e.§amont > 1')],
  ['unknown-field', 'a coordinate that is misspelt', when('e.geo.§lng > 1')],
  ['unknown-field', "a row's field", when('t.customers.§balanse > 1')],
  [
    'unknown-field',
    'an id that the table lacks',
    `${events}tables: {cards: {from: a.b, id: §x, on: e.cardId, fields: {cardId: string}}}`,
  ],
  [
    'unknown-field',
    'a join that no event has',
    `${events}tables: {cards: {from: a.b, id: x, on: e.§kardId, fields: {x: string}}}`,
  ],
  ['unknown-feature', 'a feature that is misspelt', when('f.§spent > 1')],
  ['unknown-table', 'a table that is misspelt', when('t.§customer.balance > 1')],
  ['unknown-list', 'a list that is misspelt', when("inList(§'trustd', e.status)")],
  ['unknown-function', 'a function that is misspelt', when('§absolute(e.amount) > 1')],
  ['unknown-function', 'a method that there is not', when("§e.status.trim() == 'x'")],
  ['not-readable-here', 'a feature in a feature', feature('event: card, agg: sum, value: §f.spend, window: 1h')],
  ['not-readable-here', 'a feature whose by the event lacks', login('§f.spend > 1')],
  ['not-readable-here', 'a table whose on the event lacks', login('§t.cards.limit > 1')],
  ['not-readable-here', 'a global feature', when('§f.users > 1')],
  ['not-readable-here', 'a later step', steps('[{a: card, where: a.amount > §b.amount}, {b: card}]')],
  ['not-readable-here', 'a table in a step', steps('[{a: card, where: §t.customers.balance > 1}]')],
  [
    'not-readable-here',
    "a feature in a sequence's reason",
    sequence('within: 1h, steps: [{a: card}]').replace('score: 10', 'score: 10, reason: "{§f.spend}"'),
  ],
  ['not-a-value', 'a table in place of a field', when('§t.customers == 1')],
  ['type-mismatch', 'a number and a text', when("§e.amount == 'x'")],
  ['type-mismatch', 'a number in place of a condition', when('§e.amount && true')],
  ['type-mismatch', 'an argument', when('miles(e.geo, §e.amount) > 3.0')],
  ['type-mismatch', 'a value that the list cannot hold', when("inList('trusted', §e.amount)")],
  ['wrong-arguments', 'too few arguments', when('§miles(e.geo) > 3.0')],
  ['wrong-arguments', 'has() of a comparison', when('§has(e.amount > 1)')],
  ['wrong-arguments', 'digits that are no number', when('round(e.amount, §e.amount) > 1')],
  ['not-supported', 'a map', when('"size(§{1: 2}) > 1"')],
  ['not-supported', 'a name that is taken', when("e.tags.exists(key, §key == 'x')")],
  ['remainder-operator', 'a remainder', when('§e.amount % 2 == 1')],
  ['null-literal', 'null', when('e.status == §null')],
  ['number-out-of-range', 'a number that no double holds', when('e.amount == §9007199254740993')],
  ['pattern-invalid', 'a pattern that is not valid', when("e.status.matches(§'[a')")],
  ['pattern-invalid', 'a pattern that is read', when('e.status.matches(§e.status)')],
  ['unknown-time-zone', 'a zone that is misspelt', when("hourOfDay(e.time, §'Europe/Londn') < 5")],
  ['result-type', 'a condition that is a number', when('§e.amount')],
  ['result-type', 'a by that is a place', feature('event: card, agg: count, by: §e.geo, window: 1h')],
]

const warnings: readonly Case[] = [
  [
    'never-fires',
    'a condition that is false',
    `${events}rules:\n- {id: §r, event: card, when: 'e.amount > 1 && false', then: ${then}}\n`,
  ],
  [
    'never-fires',
    'a condition that contradicts itself',
    `${events}rules:\n- {id: §r, event: card, when: "e.status == 'a' && e.amount > 1 && e.status == 'b'", then: ${then}}\n`,
  ],
  [
    'beyond-retention',
    'a feature that looks back further than main',
    `${events}features:\n  §x: {event: card, agg: count, window: 91d}\nrules:\n- {id: r, event: card, when: f.x > 1, then: ${then}}\n`,
  ],
  [
    'beyond-retention',
    'a sequence that looks back further than main',
    `${events}rules:\n- {id: §r, sequence: {within: 91d, steps: [{a: card}, {b: card}]}, then: ${then}}\n`,
  ],
  [
    'expired',
    'a rule that has expired',
    `${events}rules:\n- {id: §r, event: card, when: e.amount > 1, expires: 2026-05-31, then: ${then}}\n`,
  ],
  [
    'global-unbounded',
    'a global feature without a bound',
    `${events}features:\n  §x: {event: card, agg: count, by: key, scope: global, window: 1h}\n`,
  ],
  [
    'unused-feature',
    'a feature that no rule reads',
    `${events}features:\n  §x: {event: card, agg: count, window: 1h}\n`,
  ],
  ['unused-table', 'a table that no rule reads', `tables:\n  §customers: {from: a.b, fields: {}}\n`],
  ['unused-list', 'a list that nothing asks for', `lists:\n  §x: {from: control}\n`],
  [
    'same-condition',
    'two rules with one condition',
    `${events}rules:\n- {id: r, event: card, when: e.amount > 1, then: ${then}}\n- {id: §s, event: card, when: e.amount  > 1, then: ${then}}\n`,
  ],
]

describe('an issue', () => {
  const all = [...cases, ...warnings].map(([code, what, marked, path = 'rules.yaml']) => ({ code, what, marked, path }))
  it.each(all)('$code points at $what', ({ code, marked, path }) => {
    const { text, at } = unmark(marked)
    const found = issuesOf([{ path, text }]).map((issue) => `${issue.code} ${place(issue)}`)
    expect(found).toContain(`${code} ${at}`)
  })

  it('comes alone from a single slip', () => {
    const several = cases.flatMap(([code, what, marked, path = 'rules.yaml']) => {
      const issues = issuesOf([{ path, text: unmark(marked).text }])
      return issues.length === 1 ? [] : [`${code}: ${what}: ${issues.map((issue) => issue.code).join(', ')}`]
    })
    expect(several).toEqual([])
  })

  it('has a case here for every code', () => {
    const elsewhere = ['file-unreadable', 'no-rule-files', 'too-many-values']
    const tried = new Set([...cases, ...warnings].map(([code]) => code))
    expect(issueCodes.filter((code) => !tried.has(code)).sort()).toEqual(elsewhere)
  })

  it('never repeats in kebab case', () => {
    expect(new Set(issueCodes).size).toBe(issueCodes.length)
    expect(issueCodes.filter((code) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([])
  })
})
