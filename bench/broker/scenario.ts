import type { Emit } from '../data/ten-minute-rule.ts'
import type { Guarantee } from './rival.ts'

/** What all rivals are given alike. */
export interface Scenario {
  readonly events: number
  readonly cards: number
  readonly seed: number
  readonly emit: Emit
  readonly guarantee: Guarantee
}

export const titleOf = ({ events, cards, emit, guarantee }: Scenario): string =>
  `${events.toLocaleString('en')} transactions, ${cards.toLocaleString('en')} cards, emit ${emit}, ${guarantee}`
