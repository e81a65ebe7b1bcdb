import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { pause, retry } from '../../../src/log/kafka/retry.ts'
import { ManualClock } from '../../../src/time/clock.ts'

/** Moves the clock in steps until the promise settles. */
async function settle<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const end = (): void => {
    settled = true
  }
  promise.then(end, end)
  for (let steps = 0; !settled && steps < 10_000; steps++) {
    await nextTurn()
    clock.advance(1)
  }
  return promise
}

const options = { forMs: 100, firstPauseMs: 2, longestPauseMs: 16, again: () => true }

describe('retry', () => {
  it('tries again after pauses that grow to the longest', async () => {
    const clock = new ManualClock()
    const triedMs: number[] = []
    const attempt = async (): Promise<number> => {
      triedMs.push(clock.nowMs())
      if (triedMs.length < 7) throw new Error('not yet')
      return triedMs.length
    }
    expect(await settle(clock, retry(attempt, { ...options, clock }))).toBe(7)
    expect(triedMs.slice(1).map((ms, i) => ms - triedMs[i]!)).toEqual([2, 4, 8, 16, 16, 16])
  })

  it('gives up with the last error once it failed for long enough', async () => {
    const clock = new ManualClock()
    let tries = 0
    const attempt = async (): Promise<never> => {
      throw new Error(`try ${++tries}`)
    }
    await expect(settle(clock, retry(attempt, { ...options, clock }))).rejects.toThrow('try 10')
    expect(clock.nowMs()).toBeGreaterThanOrEqual(100)
  })

  it('does not repeat what will not get better', async () => {
    const clock = new ManualClock()
    let tries = 0
    const attempt = async (): Promise<never> => {
      tries++
      throw new Error('never')
    }
    await expect(retry(attempt, { ...options, clock, again: () => false })).rejects.toThrow('never')
    expect(tries).toBe(1)
  })

  it('ends when it is called off, in the middle of a pause', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const retrying = retry(() => Promise.reject(new Error('down')), { ...options, clock, signal: controller.signal })
    await nextTurn()
    expect(clock.pendingTimers).toBe(1)
    controller.abort()
    await expect(retrying).rejects.toThrow('down')
    expect(clock.pendingTimers).toBe(0)
    await pause(clock, 1000, controller.signal)
  })
})
