import { type CardUse, toCents } from './card-day.ts'
import type { SimulatedEvent } from './event.ts'
import type { SimulationPlan } from './options.ts'
import type { Population } from './population.ts'
import { Random } from './random.ts'
import { type CardRow, type CustomerRow, RowLog } from './row-log.ts'
import type { SessionStep } from './session-day.ts'

export type Step = CardUse | SessionStep

interface Account {
  customer: CustomerRow
  cards: Map<string, CardRow>
  /** Approved since the balance was last written. */
  unbookedSpend: number
}

const bookingShare = 0.2
const limitChangeShare = 0.01
const blockShare = 0.002
const declineShare = { genuine: 0.03, fraud: 0.25, overLimit: 0.6 }
const lowestBalance = 100

/**
 * Answers each step in order of time and keeps the rows: first the row changes that an answer relies on, then the
 * answer. Card spend reaches the balance with every fifth transaction and before every withdrawal.
 */
export class Bank {
  readonly #plan: SimulationPlan
  readonly #population: Population
  readonly #random: Random
  readonly #rows = new RowLog()
  readonly #accounts: Account[]
  #transactions = 0
  #sessionSteps = 0

  constructor(plan: SimulationPlan, population: Population) {
    this.#plan = plan
    this.#population = population
    this.#random = new Random(plan.seed, 'bank')
    this.#accounts = population.customers.map(({ key, country, cardIds, meanAmount }) => ({
      customer: { id: key, country, balance: toCents(this.#random.uniform(200, 5000)) },
      cards: new Map(cardIds.map((cardId) => [cardId, this.#newCard(cardId, meanAmount)])),
      unbookedSpend: 0,
    }))
  }

  /** The rows that are there when the simulation starts. */
  *open(): Generator<SimulatedEvent> {
    if (!this.#plan.rows) return
    for (const { customer, cards } of this.#accounts) {
      const at = { key: customer.id, timeMs: this.#plan.fromMs }
      yield this.#rows.created('customers', at, customer)
      for (const card of cards.values()) yield this.#rows.created('cards', at, card)
    }
  }

  *answer(step: Step): Generator<SimulatedEvent> {
    if (step.what === 'card') yield* this.#authorise(step)
    else if (step.what === 'withdrawal') yield* this.#withdraw(step)
    else if (step.what === 'login') yield this.#business(step, 'session.login', { deviceId: step.deviceId })
    else yield this.#business(step, 'twofa.confirmed', {})
  }

  *#authorise(use: CardUse): Generator<SimulatedEvent> {
    const account = this.#accounts[use.customer]!
    const card = this.#touchCard(account.cards.get(use.cardId)!)
    if (card !== account.cards.get(use.cardId)) yield* this.#writeCard(use, card)
    const approved = card.status === 'active' && !this.#random.chance(this.#declineShare(use, card))
    if (approved) account.unbookedSpend += use.amount
    if (this.#random.chance(bookingShare)) yield* this.#book(use)
    const { terminalId, outletId, geo } = this.#population.terminals[use.terminal]!
    yield {
      kind: 'business',
      type: 'card.authorised',
      id: `tx-${++this.#transactions}`,
      key: account.customer.id,
      timeMs: use.timeMs,
      payload: {
        cardId: use.cardId,
        amount: use.amount,
        status: approved ? 'approved' : 'declined',
        outletId,
        terminalId,
        geo,
      },
      label: use.scenario === undefined ? { fraud: false } : { fraud: true, scenario: use.scenario },
    }
  }

  *#withdraw(step: Extract<SessionStep, { what: 'withdrawal' }>): Generator<SimulatedEvent> {
    yield* this.#book(step)
    const account = this.#accounts[step.customer]!
    const amount = toCents(step.share * account.customer.balance)
    account.unbookedSpend += amount
    yield this.#business(step, 'withdrawal.requested', { amount })
  }

  #business(step: Step, type: string, payload: Readonly<Record<string, unknown>>): SimulatedEvent {
    const key = this.#accounts[step.customer]!.customer.id
    return { kind: 'business', type, id: `${step.what}-${++this.#sessionSteps}`, key, timeMs: step.timeMs, payload }
  }

  #newCard(cardId: string, meanAmount: number): CardRow {
    return { cardId, limit: 10 * Math.ceil((meanAmount * this.#random.uniform(3, 8)) / 10), status: 'active' }
  }

  /** Now and then a card gets another limit or is blocked; a blocked one is open again at its next use. */
  #touchCard(card: CardRow): CardRow {
    if (card.status === 'blocked') return { ...card, status: 'active' }
    if (this.#random.chance(blockShare)) return { ...card, status: 'blocked' }
    if (!this.#random.chance(limitChangeShare)) return card
    return { ...card, limit: 10 * Math.ceil((card.limit * this.#random.uniform(0.7, 1.6)) / 10) }
  }

  #declineShare({ scenario, amount }: CardUse, { limit }: CardRow): number {
    if (amount > limit) return declineShare.overLimit
    return scenario === undefined ? declineShare.genuine : declineShare.fraud
  }

  *#writeCard(use: CardUse, after: CardRow): Generator<SimulatedEvent> {
    const { customer, cards } = this.#accounts[use.customer]!
    const before = cards.get(use.cardId)!
    cards.set(use.cardId, after)
    if (this.#plan.rows) yield this.#rows.updated('cards', { key: customer.id, timeMs: use.timeMs }, { before, after })
  }

  /** Writes the balance if it has changed; who has little left gets a deposit. */
  *#book({ customer: index, timeMs }: Step): Generator<SimulatedEvent> {
    const account = this.#accounts[index]!
    if (account.unbookedSpend === 0) return
    const before = account.customer
    const rest = before.balance - account.unbookedSpend
    const balance = toCents(rest < lowestBalance ? Math.max(rest, 0) + this.#random.uniform(500, 3000) : rest)
    account.customer = { ...before, balance }
    account.unbookedSpend = 0
    if (this.#plan.rows)
      yield this.#rows.updated('customers', { key: before.id, timeMs }, { before, after: account.customer })
  }
}
