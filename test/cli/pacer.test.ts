import { expect, it } from 'vitest'
import { Pacer } from '../../src/cli/pacer.ts'
import { ManualClock } from '../../src/time/clock.ts'

const never = new AbortController().signal

it('lets the first go at once and the others at the rate', async () => {
  const clock = new ManualClock()
  const pacer = new Pacer(10, never, clock)
  await pacer.until(1)
  const third = pacer.until(3)
  expect(clock.pendingTimers).toBe(1)
  clock.advance(200)
  await third
  expect(pacer.allowed()).toBe(3)
})

it('catches up after a delay', async () => {
  const clock = new ManualClock()
  const pacer = new Pacer(10, never, clock)
  clock.advance(1_000)
  await pacer.until(11)
  expect(pacer.allowed()).toBe(11)
})

it('stops waiting when it is interrupted', async () => {
  const clock = new ManualClock()
  const controller = new AbortController()
  const pacer = new Pacer(0.001, controller.signal, clock)
  const waiting = pacer.until(2)
  controller.abort()
  await waiting
  await pacer.until(3)
  expect(clock.pendingTimers).toBe(0)
})
