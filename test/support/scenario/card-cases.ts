import { london, type Stage } from './stage.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const paris = { outletId: 'o-2', geo: { lat: 48.9, lon: 2.4 } }
const kmPerDegree = (6371.0088 * Math.PI) / 180
const threeMilesKm = 3 * 1.609344

/** An outlet so many kilometres north of the one in London, along the meridian. */
const north = (km: number) => ({ outletId: 'o-2', geo: { lat: london.lat + km / kmPerDegree, lon: london.lon } })

/** Just at, before and after a bound in milliseconds. */
const around = (boundMs: number) => [boundMs - 1, boundMs, boundMs + 1]

/** Shares of a bound: two far from it, four within one per cent, none on it. */
const shares = [0.9, 0.995, 0.999999, 1.000001, 1.005, 1.1]
const isNear = (share: number): boolean => Math.abs(share - 1) <= 0.01

export function twoOutletsCases(stage: Stage): void {
  const rule = 'two-outlets-ten-minutes'
  for (const gapMs of around(10 * minuteMs)) {
    const actor = stage.actor()
    actor.card(0)
    const yes = gapMs <= 10 * minuteMs
    actor.fires(rule, actor.card(gapMs, paris), { name: `two outlets ${gapMs} ms apart`, yes, near: true })
  }
  for (const share of shares) {
    const actor = stage.actor()
    actor.card(0)
    const event = actor.card(5 * minuteMs, north(share * threeMilesKm))
    actor.fires(rule, event, { name: `two outlets ${share} of three miles apart`, yes: share > 1, near: isNear(share) })
  }
  const sameOutlet = stage.actor()
  sameOutlet.card(0)
  sameOutlet.fires(rule, sameOutlet.card(minuteMs, { ...paris, outletId: 'o-1' }), { name: 'one outlet', yes: false })
  const otherCard = stage.actor()
  otherCard.card(0)
  otherCard.fires(rule, otherCard.card(minuteMs, { ...paris, cardId: 'c-2' }), { name: 'two cards', yes: false })
  const sameTime = stage.actor()
  sameTime.card(0)
  sameTime.fires(rule, sameTime.card(0, paris), { name: 'two outlets at the same time', yes: true, near: true })
  const disordered = stage.actor()
  disordered.card(5 * minuteMs, paris)
  const first = disordered.card(0, {}, 25 * minuteMs)
  disordered.fires(rule, first, { name: 'the first of two outlets arrives last', yes: true })
}

export function travelCases(stage: Stage): void {
  const rule = 'impossible-travel'
  for (const share of shares) {
    const actor = stage.actor()
    actor.card(0)
    const event = actor.card(30 * minuteMs, north(share * 450))
    actor.fires(rule, event, { name: `${share} of 900 km/h`, yes: share > 1, near: isNear(share) })
  }
  for (const gapMs of around(6 * hourMs)) {
    const actor = stage.actor()
    actor.card(0, { geo: { lat: -27, lon: 10 } })
    const event = actor.card(gapMs, { outletId: 'o-2', geo: { lat: 27, lon: 10 } })
    actor.fires(rule, event, { name: `6,000 km in ${gapMs} ms`, yes: gapMs <= 6 * hourMs, near: true })
  }
  const recent = stage.actor()
  recent.card(0)
  recent.card(1000, { outletId: 'o-3' })
  recent.fires(rule, recent.card(2000, paris), { name: 'travel from the more recent of two outlets', yes: true })
}

export function smallSmallLargeCases(stage: Stage): void {
  const rule = 'small-small-large'
  const amounts = [
    { first: 9.99, second: 9.99, large: 100.01, yes: true },
    { first: 10, second: 9.99, large: 100.01, yes: false },
    { first: 9.99, second: 10.01, large: 100.01, yes: false },
    { first: 9.99, second: 9.99, large: 100, yes: false },
    { first: 9.99, second: 9.99, large: 99.99, yes: false },
  ]
  for (const { first, second, large, yes } of amounts) {
    const actor = stage.actor()
    actor.card(0, { amount: first })
    actor.card(minuteMs, { amount: second })
    const event = actor.card(2 * minuteMs, { amount: large })
    actor.fires(rule, event, { name: `${first}, ${second}, ${large}`, yes, near: true })
  }
  for (const gapMs of around(hourMs)) {
    const actor = stage.actor()
    actor.card(0, { amount: 5 })
    actor.card(20 * minuteMs, { amount: 6 })
    const event = actor.card(gapMs, { amount: 120 })
    actor.fires(rule, event, { name: `small, small, large within ${gapMs} ms`, yes: gapMs <= hourMs, near: true })
  }
  const middleLast = stage.actor()
  middleLast.card(0, { amount: 5 })
  middleLast.card(20 * minuteMs, { amount: 120 })
  const middle = middleLast.card(10 * minuteMs, { amount: 6 }, 40 * minuteMs)
  middleLast.fires(rule, middle, { name: 'the second of three arrives last', yes: true })
  const twoPlaces = stage.actor()
  twoPlaces.card(0, { amount: 5 })
  twoPlaces.card(minuteMs, { ...paris, amount: 5 })
  twoPlaces.card(10 * minuteMs, { ...paris, amount: 120 })
  twoPlaces.card(20 * minuteMs, { amount: 120 })
  const between = twoPlaces.card(2 * minuteMs, { amount: 6 }, 30 * minuteMs)
  twoPlaces.fires(rule, between, { name: 'the second of three arrives last, for two matches', yes: true })
  const elsewhere = stage.actor()
  elsewhere.card(0, { amount: 5 })
  elsewhere.card(minuteMs, { amount: 5 })
  elsewhere.fires(rule, elsewhere.card(2 * minuteMs, { ...paris, amount: 120 }), {
    name: 'large elsewhere',
    yes: false,
  })
  const once = stage.actor()
  once.card(0, { amount: 5 })
  once.fires(rule, once.card(minuteMs, { amount: 120 }), { name: 'one event for two steps', yes: false })
  const many = stage.actor()
  for (let n = 0; n < 6; n++) many.card(n * minuteMs, { amount: 1 + n })
  many.fires(rule, many.card(7 * minuteMs, { amount: 150 }), { name: 'the most recent of six', yes: true })
}

export function declinedCases(stage: Stage): void {
  const rule = 'declined-then-approved'
  const declined = { status: 'declined', amount: 50 }
  for (const gapMs of around(2 * minuteMs)) {
    const actor = stage.actor()
    actor.card(0, declined)
    const event = actor.card(gapMs)
    actor.fires(rule, event, { name: `approved ${gapMs} ms later`, yes: gapMs <= 2 * minuteMs, near: true })
  }
  for (const amount of [49.99, 50, 50.01]) {
    const actor = stage.actor()
    actor.card(0, declined)
    const event = actor.card(minuteMs, { amount })
    actor.fires(rule, event, { name: `50 declined, ${amount} approved`, yes: amount <= 50, near: true })
  }
  const others = stage.actor()
  others.card(0, declined)
  others.card(1000, { status: 'referred' })
  others.card(2000, { amount: 60 })
  others.fires(rule, others.card(3000), { name: 'approved after other answers', yes: true })
  others.fires(rule, others.card(4000, declined), { name: 'a match is not told again', yes: false })
  const onlyDeclined = stage.actor()
  onlyDeclined.card(0, declined)
  onlyDeclined.fires(rule, onlyDeclined.card(1000, declined), { name: 'declined twice', yes: false })
}

export function amountCases(stage: Stage): void {
  for (const amount of [219.99, 220, 220.01, 221, 1e6]) {
    const actor = stage.actor()
    const near = Math.abs(amount / 220 - 1) <= 0.01
    actor.fires('amount-over-220', actor.card(0, { amount }), {
      name: `an amount of ${amount}`,
      yes: amount > 220,
      near,
    })
  }
  for (const fields of [
    { amount: null },
    { cardId: null, amount: 25 },
    { geo: null },
    { status: null, outletId: null },
  ]) {
    const actor = stage.actor()
    actor.card(0, fields)
    const event = actor.card(minuteMs, { ...paris, ...fields })
    const name = `without ${Object.keys(fields)[0]}`
    actor.fires('amount-over-220', event, { name, yes: false })
    actor.fires('two-outlets-ten-minutes', event, { name, yes: 'amount' in fields && fields.amount === null })
  }
  for (const fields of [{ amount: '12' }, { geo: { lat: 91, lon: 0 } }, { geo: { lat: 51 } }, { cardId: 7 }]) {
    const actor = stage.actor()
    actor.says(actor.card(0, fields), 'undecided', { name: `a wrong type: ${JSON.stringify(fields)}` })
  }
}
