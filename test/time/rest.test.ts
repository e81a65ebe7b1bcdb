import { expect, it } from 'vitest'
import { ManualClock } from '../../src/time/clock.ts'
import { Rest } from '../../src/time/rest.ts'

const taken = (rest: Rest, ms: number) => {
  const state = { isOver: false }
  const waited = rest.take(ms).then(() => {
    state.isOver = true
  })
  return { state, waited }
}

it('lasts as long as it was to', async () => {
  const clock = new ManualClock()
  const { state, waited } = taken(new Rest(clock), 100)
  clock.advance(99)
  await Promise.resolve()
  expect(state.isOver).toBe(false)
  clock.advance(1)
  await waited
})

it('ends when somebody ends it, and leaves no timer behind', async () => {
  const clock = new ManualClock()
  const rest = new Rest(clock)
  const { waited } = taken(rest, 100)
  rest.end()
  await waited
  expect(clock.pendingTimers).toBe(0)
})

it('can be taken again, and an end between two rests ends neither', async () => {
  const clock = new ManualClock()
  const rest = new Rest(clock)
  rest.end()
  const first = taken(rest, 1)
  clock.advance(1)
  await first.waited
  rest.end()
  const second = taken(rest, 1)
  expect(clock.pendingTimers).toBe(1)
  clock.advance(1)
  await second.waited
})
