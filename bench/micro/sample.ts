import type { LogRecord } from '../../src/record/record.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'

/** Card transactions as they lie in main, with the rows between them. */
export function sampleRecords(events: number): readonly LogRecord[] {
  return Array.from(cardEvents({ events, cards: 1_000, seed: 1 }), (event, offset) => ({
    ...outgoingOf(event, 'main'),
    offset,
    timestampMs: event.timestampMs,
  }))
}

/** Gives the sample's members in turn, for ever: a benchmark that sees one value only measures its cache. */
export function cycle<T>(values: readonly T[]): () => T {
  let at = 0
  return () => {
    at = at + 1 === values.length ? 0 : at + 1
    return values[at]!
  }
}
