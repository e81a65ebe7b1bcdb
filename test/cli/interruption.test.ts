import { afterEach, expect, it, vi } from 'vitest'
import { listenForInterruption } from '../../src/cli/interruption.ts'
import { ManualClock } from '../../src/time/clock.ts'

afterEach(() => {
  process.removeAllListeners('SIGINT')
  process.removeAllListeners('SIGTERM')
})

function listening() {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  const clock = new ManualClock()
  return { kill, clock, signal: listenForInterruption(clock) }
}

it('asks for an end at the first signal, and ends the process at the second', () => {
  const { kill, clock, signal } = listening()
  expect(signal.aborted).toBe(false)
  process.emit('SIGINT', 'SIGINT')
  expect([signal.aborted, kill.mock.calls]).toEqual([true, []])
  clock.advance(301)
  process.emit('SIGINT', 'SIGINT')
  expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT')
})

it('takes what a wrapper hands on within a moment for the same press', () => {
  const { kill, clock } = listening()
  process.emit('SIGINT', 'SIGINT')
  clock.advance(300)
  process.emit('SIGINT', 'SIGINT')
  expect(kill).not.toHaveBeenCalled()
})
