/** A rule each for what keeps state: any choice of them makes a rule set that shares its stores in another way. */
export const ruleTexts = [
  `{id: two-outlets, sequence: {by: e.card, within: 10s, steps: [{a: paid}, {b: paid, where: a.outlet != b.outlet}]},
    then: {outcome: review, score: 70, reason: "{a.outlet} then {b.outlet}"}}`,
  `{id: no-second-factor, sequence: {within: 20s, steps: [{l: login}, {not: confirmed}, {p: paid, where: p.amount > 1}]},
    then: {outcome: challenge, score: 60}}`,
  `{id: unconfirmed, sequence: {within: 20s, steps: [{p: paid, where: p.amount > 2}, {not: confirmed, for: 5s}]},
    then: {outcome: block, score: 80, reason: "{p.amount} unconfirmed"}}`,
  `{id: both, sequence: {within: 8s, anyOrder: true, steps: [{l: login}, {p: paid}]}, then: {outcome: review, score: 5}}`,
  `{id: often, event: paid, when: f.paid_10s >= 3, then: {outcome: review, score: 30, reason: "{f.paid_10s} payments"}}`,
  `{id: spends, event: paid, when: "f.sum_30s > 4 && f.mean_30s < f.most_30s", then: {outcome: review, score: 40}}`,
  `{id: spread, event: paid, when: "f.spread_30s > 0.3 && f.outlets_20s >= 2", then: {outcome: review, score: 45}}`,
  `{id: changed, event: login, when: "f.first_30s != f.last_30s || f.least_30s < 1", then: {outcome: review, score: 10}}`,
  `{id: earlier, event: paid, when: f.before > f.sum_30s, then: {outcome: review, score: 15}}`,
  `{id: abroad, event: paid, when: "has(t.people.country) && t.people.country != 'GB'", then: {outcome: review, score: 20}}`,
  `{id: over-limit, event: paid, when: e.amount > t.cards.limit, then: {outcome: block, score: 90}}`,
  `{id: listed, event: paid, when: "inList('watched', e.outlet)", then: {outcome: review, score: 25}}`,
] as const

const head = `
version: 1
options: {grace: 4s, maxAhead: 1h, dataDedupe: 30s}
events:
  paid: {card: string, outlet: string, amount: double}
  login: {}
  confirmed: {}
tables:
  people: {from: db.people, fields: {id: string, country: string}}
  cards: {from: db.cards, id: card, on: e.card, fields: {card: string, limit: double}}
lists:
  watched: {from: control}
features:
  paid_10s: {event: paid, agg: count, by: e.card, window: 10s, include: prior}
  sum_30s: {event: paid, agg: sum, value: e.amount, window: 30s}
  mean_30s: {event: paid, agg: avg, value: e.amount, window: 30s}
  most_30s: {event: paid, agg: max, value: e.amount, window: 30s}
  spread_30s: {event: paid, agg: stddev, value: e.amount, window: 30s}
  outlets_20s: {event: paid, agg: distinct, value: e.outlet, where: "e.amount > 0.5", window: 20s}
  first_30s: {event: paid, agg: first, value: e.outlet, window: 30s}
  last_30s: {event: paid, agg: last, value: e.outlet, window: 30s}
  least_30s: {event: paid, agg: min, value: e.amount, window: 30s}
  before: {event: paid, agg: sum, value: e.amount, window: {from: 40s, to: 5s}}
rules:
`

export const ruleSetText = (rules: readonly string[]): string => `${head}${rules.map((rule) => `- ${rule}\n`).join('')}`
