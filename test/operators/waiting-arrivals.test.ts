import { expect, test } from 'vitest'
import { type Arrival, WaitingArrivals } from '../../src/operators/sequence/arrivals.ts'

const arrivalAt = (offset: number) => ({ event: { offset } }) as Arrival<unknown>

function waitingAt(...offsets: number[]): WaitingArrivals<unknown> {
  const waiting = new WaitingArrivals<unknown>()
  for (const offset of offsets) waiting.add(arrivalAt(offset))
  return waiting
}

test('gives each arrival once, in order', () => {
  const waiting = waitingAt(3, 5)
  expect(waiting.take(3)?.event.offset).toBe(3)
  expect(waiting.take(3)).toBeUndefined()
  expect(waiting.take(5)?.event.offset).toBe(5)
})

test('passes arrivals whose events never came', () => {
  const waiting = waitingAt(3, 4, 5)
  expect(waiting.take(5)?.event.offset).toBe(5)
  expect(waiting.take(4)).toBeUndefined()
})

test('knows nothing of events between arrivals', () => {
  const waiting = waitingAt(3, 5)
  expect(waiting.take(4)).toBeUndefined()
  expect(waiting.take(5)?.event.offset).toBe(5)
})

test('has the newer arrival of an event that was prefetched again', () => {
  const waiting = waitingAt(3)
  const again = arrivalAt(3)
  waiting.add(again)
  expect(waiting.take(3)).toBe(again)
})
