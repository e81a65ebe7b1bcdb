import { london, type Stage } from './stage.ts'

const minuteMs = 60_000
const graceMs = 60 * minuteMs
const far = { outletId: 'o-9', geo: { lat: 40, lon: 20 } }

export function lateCases(stage: Stage): void {
  for (const lagMs of [graceMs - 1, graceMs, graceMs + 1, 2 * graceMs]) {
    const actor = stage.actor()
    actor.card(0)
    const event = actor.card(-lagMs, {}, 0)
    const is = lagMs > graceMs ? 'late' : 'on-time'
    actor.says(event, is, { name: `${lagMs} ms behind`, near: lagMs <= graceMs + 1 })
  }
  const notApplied = stage.actor()
  notApplied.card(0)
  notApplied.says(notApplied.card(-graceMs - 1, far, 0), 'late', { name: 'late, and far away', near: true })
  const next = notApplied.card(-graceMs + minuteMs, {}, 0)
  notApplied.fires('two-outlets-ten-minutes', next, { name: 'a late event is in no match', yes: false })
  const lateLogin = stage.actor()
  lateLogin.card(0)
  lateLogin.says(lateLogin.login(-graceMs - 1, 'd-1', 0), 'late', { name: 'a late login', near: true })
}

/** The same event again, this long after it; with `payload` it says something else. */
function sendTwice(stage: Stage, againMs: number, payload: Readonly<Record<string, unknown>> = {}) {
  const actor = stage.actor()
  const card = { cardId: actor.cardId, amount: 25, status: 'approved', outletId: 'o-1', geo: london }
  const id = actor.card(0, card)
  return { actor, id, again: { atMs: againMs, arrivalMs: againMs, payload: { ...card, ...payload }, id } }
}

export function duplicateCases(stage: Stage): void {
  for (const againMs of [0, 1, graceMs - 1, graceMs, graceMs + 1]) {
    const { actor, id, again } = sendTwice(stage, againMs)
    actor.event('card.authorised', again)
    const is = againMs > graceMs ? 'twice' : 'once'
    actor.says(id, is, { name: `the same id ${againMs} ms later`, near: againMs >= graceMs - 1 })
  }
  const changed = sendTwice(stage, 1, { amount: 9999 })
  changed.actor.event('card.authorised', changed.again)
  changed.actor.says(changed.id, 'once', { name: 'the same id with another payload' })

  // The first record of the id is dead-lettered, so the id is still free.
  const mended = stage.actor()
  const id = mended.card(0, { amount: 'a lot' })
  const payload = { cardId: mended.cardId, amount: 500, status: 'approved', outletId: 'o-1', geo: london }
  mended.event('card.authorised', { atMs: 1, arrivalMs: 1, payload, id })
  mended.says(id, 'once', { name: 'a broken record leaves its id to the next one' })
  mended.fires('amount-over-220', id, { name: 'the mended record counts', yes: true })

  // A late record does not take its id either.
  const { actor, id: lateId, again } = sendTwice(stage, -2 * graceMs)
  actor.event('card.authorised', { ...again, id: `${lateId}-late`, arrivalMs: 0 })
  actor.event('card.authorised', { ...again, id: `${lateId}-late`, atMs: 0, arrivalMs: 0 })
  actor.says(`${lateId}-late`, 'twice', { name: 'a late record leaves its id' })
}

export function unnamedCases(stage: Stage): void {
  const actor = stage.actor()
  const viewed = actor.event('statement.viewed', { atMs: 0, arrivalMs: 0, payload: { pages: 3 } })
  actor.says(viewed, 'undecided', { name: 'a type that no rule names' })
  actor.row('audit', { atMs: 0, after: { id: 1 } })
  // A type that nobody names moves stream time all the same.
  actor.event('statement.viewed', { atMs: graceMs + 1, arrivalMs: graceMs + 1, payload: {} })
  const event = actor.card(0, {}, graceMs + 1)
  actor.says(event, 'late', { name: 'stream time moved by a type that no rule names', near: true })
}
