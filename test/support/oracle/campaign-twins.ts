import { print } from './fields.ts'
import { oracleMiles } from './geo.ts'
import { largeForBalance } from './shared-twins.ts'
import type { OracleEvent, OracleRules } from './twins.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const card = 'card.authorised'
const outlet = (event: OracleEvent) => event.fields.string('outletId')
const amount = (event: OracleEvent) => event.fields.number('amount')
const miles = (a: OracleEvent, b: OracleEvent) => oracleMiles(a.fields.geo('geo'), b.fields.geo('geo'))

/** The rule set of the reliability campaigns (`test/reliability/rules`), written again by hand: change both or none. */
export const campaignRules: OracleRules = {
  events: {
    [card]: { cardId: 'string', amount: 'double', outletId: 'string', geo: 'geo' },
    'session.login': { deviceId: 'string' },
    'twofa.confirmed': {},
    'withdrawal.requested': { amount: 'double' },
  },
  tables: [{ name: 'customers', from: 'public.customers', fields: { id: 'string', balance: 'double' } }],
  features: [
    { name: 'payments_1d', event: card, agg: 'count', windowMs: dayMs },
    {
      name: 'spend_1d',
      event: card,
      agg: 'sum',
      windowMs: dayMs,
      by: (event) => event.fields.string('cardId'),
      value: amount,
    },
    { name: 'outlets_2d', event: card, agg: 'distinct', windowMs: 2 * dayMs, value: outlet },
  ],
  twins: [
    {
      kind: 'sequence',
      id: 'two-outlets-two-hours',
      mode: 'live',
      outcome: 'review',
      score: 70,
      by: (event) => event.fields.string('cardId'),
      withinMs: 2 * hourMs,
      steps: [
        { name: 'a', type: card },
        { name: 'b', type: card, where: (a, b) => outlet(a!) !== outlet(b!) && miles(a!, b!) > 3 },
      ],
      reason: (a, b) => `${print(() => miles(a!, b!))} miles in ${print(() => (b!.timeMs - a!.timeMs) / minuteMs)} min`,
    },
    {
      kind: 'sequence',
      id: 'withdrawal-without-2fa',
      mode: 'live',
      outcome: 'challenge',
      score: 60,
      withinMs: hourMs,
      steps: [
        { name: 'login', type: 'session.login' },
        { name: 'w', type: 'withdrawal.requested', not: 'twofa.confirmed' },
      ],
    },
    {
      kind: 'trailing',
      id: 'login-unconfirmed',
      mode: 'live',
      outcome: 'review',
      score: 40,
      event: 'session.login',
      not: 'twofa.confirmed',
      forMs: 10 * secondMs,
      reason: (login) => `nobody confirmed ${print(() => login.fields.string('deviceId'))}`,
    },
    {
      kind: 'when',
      id: 'busy-card',
      mode: 'live',
      outcome: 'review',
      score: 30,
      event: card,
      names: ['f.payments_1d', 'f.spend_1d'],
      when: (_event, _row, { feature }) => feature('payments_1d') >= 4 || feature('spend_1d') > 200,
      reason: (event) => `${print(() => amount(event))} at ${print(() => outlet(event))}`,
    },
    {
      kind: 'when',
      id: 'many-outlets',
      mode: 'shadow',
      outcome: 'review',
      score: 20,
      event: card,
      names: ['f.outlets_2d'],
      when: (_event, _row, { feature }) => feature('outlets_2d') >= 3,
    },
    {
      kind: 'when',
      id: 'watched-outlet',
      mode: 'live',
      outcome: 'block',
      score: 90,
      event: card,
      names: ['e.outletId'],
      when: (event, _row, { inList }) => inList('watched', outlet(event)),
      reason: (event) => print(() => outlet(event)),
    },
    largeForBalance,
  ],
}
