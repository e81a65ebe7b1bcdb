import type { Actor, Stage } from './stage.ts'

const minuteMs = 60_000

/** A card whose row says this limit; the row comes right before what happens at `atMs`. */
function limitOf(actor: Actor, limit: unknown, atMs = 0): { id: string; lsn: number } {
  return actor.row('cards', { atMs, after: { cardId: actor.cardId, limit, status: 'active' } })
}

export function limitCases(stage: Stage): void {
  const rule = 'over-card-limit'
  for (const amount of [149.99, 150, 150.01, 151]) {
    const actor = stage.actor()
    limitOf(actor, 150)
    const event = actor.card(0, { amount })
    actor.fires(rule, event, { name: `${amount} with a limit of 150`, yes: amount > 150, near: true })
  }
  const lowered = stage.actor()
  limitOf(lowered, 100)
  lowered.fires(rule, lowered.card(0, { amount: 90 }), { name: 'before the limit is lowered', yes: false })
  limitOf(lowered, 80, minuteMs)
  lowered.fires(rule, lowered.card(minuteMs, { amount: 90 }), { name: 'after the limit is lowered', yes: true })

  const deleted = stage.actor()
  limitOf(deleted, 10)
  deleted.row('cards', { atMs: 0, before: { cardId: deleted.cardId, limit: 10 }, after: null })
  deleted.fires(rule, deleted.card(0), { name: 'a deleted row', yes: false })

  const broken = stage.actor()
  limitOf(broken, 10)
  limitOf(broken, 'high', 0)
  broken.fires(rule, broken.card(0), { name: 'a limit of a wrong type', yes: false })

  const stale = stage.actor()
  limitOf(stale, 10)
  const { lsn } = limitOf(stale, 1000, minuteMs)
  stale.row('cards', { atMs: 2 * minuteMs, after: { cardId: stale.cardId, limit: 10 }, lsn: lsn - 1 })
  stale.fires(rule, stale.card(2 * minuteMs), { name: 'an older row sent again', yes: false })

  const snapshot = stage.actor()
  const shared = limitOf(snapshot, 1000)
  snapshot.row('cards', { atMs: 1, after: { cardId: snapshot.cardId, limit: 10 }, lsn: shared.lsn })
  snapshot.fires(rule, snapshot.card(1), { name: 'a newer row with the same lsn', yes: true })

  const copied = stage.actor()
  const { id } = limitOf(copied, 10)
  limitOf(copied, 1000, minuteMs)
  copied.row('cards', { atMs: 2 * minuteMs, after: { cardId: copied.cardId, limit: 10 }, id })
  copied.fires(rule, copied.card(2 * minuteMs), { name: 'the same row record sent again', yes: false })

  const old = stage.actor()
  limitOf(old, 1000)
  old.row('cards', { atMs: -90 * minuteMs, arrivalMs: 1, after: { cardId: old.cardId, limit: 10 } })
  old.fires(rule, old.card(2), { name: 'a row with an old time counts all the same', yes: true })

  const otherCard = stage.actor()
  otherCard.row('cards', { atMs: 0, after: { cardId: 'c-other', limit: 10 } })
  otherCard.fires(rule, otherCard.card(0), { name: "another card's limit", yes: false })
}

export function balanceCases(stage: Stage): void {
  const rule = 'large-for-balance'
  for (const amount of [499.99, 500, 500.01, 501]) {
    const actor = stage.actor()
    actor.row('customers', { atMs: 0, after: { id: actor.key, country: 'GB', balance: 1000 } })
    const event = actor.withdrawal(0, amount)
    actor.fires(rule, event, { name: `${amount} of 1,000`, yes: amount > 500, near: true })
  }
  const after = stage.actor()
  const before = { id: after.key, country: 'GB', balance: 1000 }
  after.row('customers', { atMs: 0, after: before })
  after.row('customers', { atMs: minuteMs, before, after: { ...before, balance: 100 } })
  after.fires(rule, after.withdrawal(minuteMs, 60), { name: 'the balance fell right before', yes: true })
  const empty = stage.actor()
  empty.fires(rule, empty.withdrawal(0, 1e6), { name: 'no row', yes: false })
  const noBalance = stage.actor()
  noBalance.row('customers', { atMs: 0, after: { id: noBalance.key, country: 'GB', balance: null } })
  noBalance.fires(rule, noBalance.withdrawal(0, 1e6), { name: 'a row without balance', yes: false })
}

export function abroadCases(stage: Stage): void {
  const rule = 'large-abroad'
  for (const amount of [149.99, 150, 150.01]) {
    const actor = stage.actor()
    actor.row('customers', { atMs: 0, after: { id: actor.key, country: 'FR', balance: 1 } })
    const event = actor.card(0, { amount })
    actor.fires(rule, event, { name: `${amount} by a French customer`, yes: amount > 150, near: true })
  }
  const moved = stage.actor()
  const before = { id: moved.key, country: 'FR', balance: 1 }
  moved.row('customers', { atMs: 0, after: before })
  moved.row('customers', { atMs: 1, before, after: { ...before, country: 'GB' } })
  moved.fires(rule, moved.card(1, { amount: 200 }), { name: 'moved to Britain right before', yes: false })
  const unknown = stage.actor()
  unknown.fires(rule, unknown.card(0, { amount: 200 }), { name: 'a customer without a row', yes: false })
}
