import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../src/replay/simulator/event.ts'
import { simulate } from '../../src/replay/simulator/simulate.ts'

interface Envelope {
  readonly op: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>>
  readonly source: { readonly lsn: number }
}

const events = [...simulate({ customers: 200, days: 10 })]
const envelopeOf = (event: SimulatedEvent) => event.payload as unknown as Envelope
const idOf = ({ after }: Envelope) => String(after.id ?? after.cardId)

describe("the simulator's rows", () => {
  it('are created once at the start and then change, each from its state before, with a rising lsn', () => {
    const rows = new Map<string, unknown>()
    let lsn = 0
    for (const event of events.filter(({ kind }) => kind === 'data')) {
      const envelope = envelopeOf(event)
      expect(envelope.before).toEqual(rows.get(idOf(envelope)) ?? null)
      expect(envelope.op).toBe(envelope.before === null ? 'c' : 'u')
      expect(envelope.source.lsn).toBeGreaterThan(lsn)
      expect(event.id).toBe(`lsn-${envelope.source.lsn}`)
      lsn = envelope.source.lsn
      rows.set(idOf(envelope), envelope.after)
    }
    expect([...rows.keys()].filter((id) => id.startsWith('cust-')).length).toBe(200)
  })

  it('change right before the event that relies on the change, under the same key', () => {
    let changes = 0
    events.forEach((event, index) => {
      if (event.kind !== 'data' || envelopeOf(event).op === 'c') return
      const next = events.slice(index + 1).find(({ kind }) => kind === 'business')
      expect(next).toMatchObject({ key: event.key, timeMs: event.timeMs })
      changes++
    })
    expect(changes).toBeGreaterThan(500)
  })

  it('say what withdrawals are measured by: never more than the balance', () => {
    const balances = new Map<string, number>()
    let withdrawals = 0
    for (const event of events) {
      if (event.type === 'public.customers') balances.set(event.key, Number(envelopeOf(event).after.balance))
      if (event.type !== 'withdrawal.requested') continue
      withdrawals++
      expect(event.payload.amount).toBeLessThanOrEqual(balances.get(event.key)!)
    }
    expect(withdrawals).toBeGreaterThan(50)
  })

  it('name a blocked card before it is declined', () => {
    const blocked = new Set<unknown>()
    let declined = 0
    for (const event of events) {
      if (event.type === 'public.cards') {
        const { cardId, status } = envelopeOf(event).after
        if (status === 'blocked') blocked.add(cardId)
        else blocked.delete(cardId)
      }
      if (event.type !== 'card.authorised' || !blocked.has(event.payload.cardId)) continue
      expect(event.payload.status).toBe('declined')
      declined++
    }
    expect(declined).toBeGreaterThan(0)
  })
})
