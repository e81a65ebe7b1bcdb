/** A rule set to begin with, by file: small, explained, and with tests that pass. */
export const starterRules: Readonly<Record<string, string>> = {
  'events.yaml': `# What happens and what is known. Files of one folder are one rule set: split it as you like.
version: 1
options:
  grace: 1h # how late an event may come and still count
  onLate: review # the outcome for one that comes later
events:
  # Business events by type, with the fields that conditions may read. A key is the customer.
  card.authorised:
    cardId: {type: string, pii: true} # masked wherever people read
    amount: double
    status: string
    outletId: string
    geo: geo # {lat: 51.5, lon: -0.12}
  withdrawal.requested: {amount: double}
tables:
  # Rows of a database, as they were at each event: public.customers has one row a key.
  customers: {from: public.customers, fields: {id: string, country: string, balance: double}}
`,
  'rules.yaml': `# What to decide. \`weir check\` shows problems, \`weir test\` runs the tests below, \`weir schema\` helps an editor.
version: 1
rules:
# One event and what is known when it happens.
- id: large-for-balance
  describe: A withdrawal of more than half of the balance
  event: withdrawal.requested
  # Conditions are CEL. An absent field makes a condition not match: without a row this rule stays silent.
  when: e.amount > 0.5 * t.customers.balance
  # outcome: allow, review, challenge or block; the most severe of the rules that fire counts. score: 0 to 100.
  then: {outcome: challenge, score: 60, reason: "{e.amount} of {t.customers.balance}"}

# Several events of one customer, in the order of their times.
- id: two-distant-outlets
  describe: Two transactions of one card within ten minutes at outlets more than three miles apart
  sequence:
    by: e.cardId # all steps have the same
    within: 10m # from the first to the last, inclusive
    steps:
    - a: card.authorised
    - b: card.authorised
      where: a.outletId != b.outletId && miles(a.geo, b.geo) > 3.0
  then: {outcome: review, score: 70, reason: "{miles(a.geo, b.geo)} miles in {minutes(a.time, b.time)} min"}
  # mode: shadow   evaluates a rule and records it without a say in the outcome

tests:
# Each test starts with nothing. t is the time since its start, key the customer, then the type with its fields.
- name: more than half of the balance as it was then
  events:
  - {t: 0m, key: ann, public.customers: {id: ann, country: GB, balance: 100.0}}
  - {t: 1m, key: ann, withdrawal.requested: {amount: 50.0}}
  - {t: 2m, key: ann, withdrawal.requested: {amount: 50.5}}
  - {t: 3m, key: bob, withdrawal.requested: {amount: 50.5}}
  # event counts from 1; rules lists all that fire; what is left out is not compared.
  expect:
  - {event: 2, outcome: allow, rules: []}
  - {event: 3, outcome: challenge, score: 60, rules: [large-for-balance], reason: 50.5 of 100}
  - {event: 4, rules: []}
- name: two outlets of one city within ten minutes, and a millisecond later
  events:
  - {t: 0m, key: ann, card.authorised: {cardId: c, outletId: A, geo: {lat: 51.47, lon: -0.45}}}
  - {t: 8m, key: ann, card.authorised: {cardId: c, outletId: B, geo: {lat: 51.51, lon: -0.09}}}
  - {t: 20m, key: bob, card.authorised: {cardId: d, outletId: A, geo: {lat: 51.47, lon: -0.45}}}
  - {t: 1800001ms, key: bob, card.authorised: {cardId: d, outletId: B, geo: {lat: 51.51, lon: -0.09}}}
  expect:
  - {event: 1, outcome: allow}
  - {event: 2, outcome: review, rules: [two-distant-outlets], reason: 15.73 miles in 8 min}
  - {event: 4, outcome: allow, rules: []}
`,
}
