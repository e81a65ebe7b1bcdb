import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock, systemClock } from '../../src/time/clock.ts'

describe('ManualClock', () => {
  test('runs due timers by due time, and in the order set when due together', () => {
    const clock = new ManualClock(1_000)
    const ran: string[] = []
    clock.setTimeout(() => ran.push(`late ${clock.nowMs()}`), 20)
    clock.setTimeout(() => ran.push(`first ${clock.nowMs()}`), 10)
    clock.setTimeout(() => ran.push(`second ${clock.nowMs()}`), 10)
    clock.advance(9)
    expect(ran).toEqual([])
    clock.advance(11)
    expect(ran).toEqual(['first 1010', 'second 1010', 'late 1020'])
    expect(clock.nowMs()).toBe(1_020)
    expect(clock.pendingTimers).toBe(0)
  })

  test('runs timers that a callback sets, if they are due by then', () => {
    const clock = new ManualClock()
    const atMs: number[] = []
    const every = (): void => {
      atMs.push(clock.nowMs())
      clock.setTimeout(every, 10)
    }
    clock.setTimeout(every, 10)
    clock.advance(35)
    expect(atMs).toEqual([10, 20, 30])
    expect(clock.nowMs()).toBe(35)
  })

  test('does not run a cancelled timer', () => {
    const clock = new ManualClock()
    const timer = clock.setTimeout(() => expect.unreachable(), 5)
    timer.cancel()
    timer.cancel()
    clock.advance(10)
    expect(clock.pendingTimers).toBe(0)
  })

  test('runs a timer of 0 ms at the next advance, not at once', () => {
    const clock = new ManualClock()
    let ran = false
    clock.setTimeout(() => {
      ran = true
    }, 0)
    expect(ran).toBe(false)
    clock.advance(0)
    expect(ran).toBe(true)
  })
})

describe('systemClock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('waits for longer than one Node timer can', () => {
    const thirtyDaysMs = 30 * 86_400_000
    let ran = false
    systemClock.setTimeout(() => {
      ran = true
    }, thirtyDaysMs)
    vi.advanceTimersByTime(thirtyDaysMs - 1)
    expect(ran).toBe(false)
    vi.advanceTimersByTime(1)
    expect(ran).toBe(true)
  })

  test('does not call back after cancel', () => {
    const timer = systemClock.setTimeout(() => expect.unreachable(), 5)
    timer.cancel()
    vi.advanceTimersByTime(10)
  })
})
