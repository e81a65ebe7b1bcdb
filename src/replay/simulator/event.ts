/** Why a simulated transaction is a fraud: the handbook's three scenarios, and the cloned card of `cloned-cards.ts`. */
export type FraudScenario = 'amount' | 'terminal' | 'customer' | 'travel'

export interface FraudLabel {
  readonly fraud: boolean
  readonly scenario?: FraudScenario
}

/** An event as the log would hold it, with the truth about it where it is a card transaction. */
export interface SimulatedEvent {
  readonly kind: 'business' | 'data'
  readonly type: string
  readonly id: string
  readonly key: string
  readonly timeMs: number
  readonly payload: Readonly<Record<string, unknown>>
  readonly label?: FraudLabel
}

/** The event as one JSON line without its line end (the form of `weir send` and `weir backtest`); never its label. */
export const toLine = ({ kind, type, id, key, timeMs, payload }: SimulatedEvent): string =>
  JSON.stringify({ kind, type, id, key, time: timeMs, payload })
