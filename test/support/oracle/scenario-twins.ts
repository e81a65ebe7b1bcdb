import type { OracleFieldTypes } from './fields.ts'
import { print } from './fields.ts'
import { oracleKm, oracleMiles } from './geo.ts'
import { largeForBalance } from './shared-twins.ts'
import type { OracleEvent, OracleRules, SequenceTwin, TableTwin, Twin } from './twins.ts'

/** The scenario's rule set (`test/support/scenario/rules`), written again by hand: change both or none. */

const minutesMs = 60_000
const hoursMs = 3_600_000

export const scenarioEvents: Readonly<Record<string, OracleFieldTypes>> = {
  'card.authorised': { cardId: 'string', amount: 'double', status: 'string', outletId: 'string', geo: 'geo' },
  'session.login': { deviceId: 'string' },
  'twofa.confirmed': {},
  'withdrawal.requested': { amount: 'double' },
}

export const scenarioTables: readonly TableTwin[] = [
  { name: 'cards', from: 'public.cards', fields: { cardId: 'string', limit: 'double' }, id: 'cardId', on: 'cardId' },
  { name: 'customers', from: 'public.customers', fields: { id: 'string', country: 'string', balance: 'double' } },
]

const byCard = (event: OracleEvent) => event.fields.string('cardId')
const card = 'card.authorised'
const text = (event: OracleEvent, name: string) => event.fields.string(name)
const amount = (event: OracleEvent) => event.fields.number('amount')
const km = (a: OracleEvent, b: OracleEvent) => oracleKm(a.fields.geo('geo'), b.fields.geo('geo'))
const miles = (a: OracleEvent, b: OracleEvent) => oracleMiles(a.fields.geo('geo'), b.fields.geo('geo'))
const minutes = (a: OracleEvent, b: OracleEvent) => (b.timeMs - a.timeMs) / minutesMs
const hours = (a: OracleEvent, b: OracleEvent) => (b.timeMs - a.timeMs) / hoursMs
const elsewhere = (a: OracleEvent, b: OracleEvent) => text(a, 'outletId') !== text(b, 'outletId')

const cardSequences: SequenceTwin[] = [
  {
    kind: 'sequence',
    id: 'two-outlets-ten-minutes',
    mode: 'live',
    outcome: 'review',
    score: 70,
    by: byCard,
    withinMs: 10 * minutesMs,
    steps: [
      { name: 'a', type: card },
      { name: 'b', type: card, where: (a, b) => elsewhere(a!, b!) && miles(a!, b!) > 3 },
    ],
    reason: (a, b) => `${print(() => miles(a!, b!))} miles in ${print(() => minutes(a!, b!))} min`,
  },
  {
    kind: 'sequence',
    id: 'impossible-travel',
    mode: 'live',
    outcome: 'block',
    score: 95,
    by: byCard,
    withinMs: 6 * hoursMs,
    steps: [
      { name: 'a', type: card },
      { name: 'b', type: card, where: (a, b) => elsewhere(a!, b!) && km(a!, b!) > 900 * hours(a!, b!) },
    ],
    reason: (a, b) => `${print(() => km(a!, b!))} km in ${print(() => hours(a!, b!))} h`,
  },
  {
    kind: 'sequence',
    id: 'small-small-large',
    mode: 'live',
    outcome: 'challenge',
    score: 75,
    by: byCard,
    withinMs: hoursMs,
    steps: [
      { name: 'first', type: card, where: (first) => amount(first!) < 10 },
      { name: 'second', type: card, where: (_, second) => amount(second!) < 10 },
      { name: 'large', type: card, where: (first, _, large) => amount(large!) > 100 && !elsewhere(first!, large!) },
    ],
    reason: (first, second, large) =>
      `${print(() => amount(first!))} and ${print(() => amount(second!))}, then ${print(() => amount(large!))}`,
  },
  {
    kind: 'sequence',
    id: 'declined-then-approved',
    mode: 'live',
    outcome: 'review',
    score: 45,
    by: byCard,
    withinMs: 2 * minutesMs,
    steps: [
      { name: 'no', type: card, where: (no) => text(no!, 'status') === 'declined' },
      {
        name: 'ok',
        type: card,
        where: (no, ok) => text(ok!, 'status') === 'approved' && amount(ok!) <= amount(no!),
      },
    ],
  },
]

const sessionSequences: SequenceTwin[] = [
  {
    kind: 'sequence',
    id: 'withdrawal-after-two-devices',
    mode: 'live',
    outcome: 'challenge',
    score: 65,
    withinMs: 30 * minutesMs,
    steps: [
      { name: 'first', type: 'session.login' },
      {
        name: 'second',
        type: 'session.login',
        where: (first, second) => text(first!, 'deviceId') !== text(second!, 'deviceId'),
      },
      { name: 'w', type: 'withdrawal.requested' },
    ],
    reason: (first, second, w) =>
      `${print(() => text(first!, 'deviceId'))}, ${print(() => text(second!, 'deviceId'))}: ${print(() => amount(w!))}`,
  },
  {
    kind: 'sequence',
    id: 'withdrawal-without-2fa',
    mode: 'shadow',
    outcome: 'challenge',
    score: 60,
    withinMs: hoursMs,
    steps: [
      { name: 'login', type: 'session.login' },
      { name: 'w', type: 'withdrawal.requested', not: 'twofa.confirmed' },
    ],
  },
]

export const scenarioTwins: readonly Twin[] = [
  ...cardSequences,
  ...sessionSequences,
  {
    kind: 'when',
    id: 'amount-over-220',
    mode: 'live',
    outcome: 'review',
    score: 50,
    event: card,
    names: ['e.amount'],
    when: (event) => amount(event) > 220,
    reason: (event) => `amount ${print(() => amount(event))} at ${print(() => text(event, 'outletId'))}`,
  },
  {
    kind: 'when',
    id: 'over-card-limit',
    mode: 'live',
    outcome: 'challenge',
    score: 55,
    event: card,
    names: ['e.amount', 't.cards.limit'],
    when: (event, row) => row('cards').has('limit') && amount(event) > row('cards').number('limit'),
    reason: (event, row) => `${print(() => amount(event))} over ${print(() => row('cards').number('limit'))}`,
  },
  largeForBalance,
  {
    kind: 'when',
    id: 'large-abroad',
    mode: 'shadow',
    outcome: 'block',
    score: 90,
    event: card,
    names: ['e.amount', 't.customers.country'],
    when: (event, row) => row('customers').string('country') !== 'GB' && amount(event) > 150,
    reason: (event, row) => `${print(() => amount(event))} by ${print(() => row('customers').string('country'))}`,
  },
]

export const scenarioRuleTwins: OracleRules = {
  events: scenarioEvents,
  tables: scenarioTables,
  twins: scenarioTwins,
  features: [],
}
