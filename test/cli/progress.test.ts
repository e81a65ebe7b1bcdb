import { expect, it } from 'vitest'
import { progressText, startProgress } from '../../src/cli/progress.ts'
import { ManualClock } from '../../src/time/clock.ts'

function output(isTTY: boolean) {
  const written: string[] = []
  const write = async (text: string) => void written.push(text)
  return { written, isTTY, columns: 20, rows: 24, write, line: write }
}

it('shows nothing in the first second, then redraws in place what has changed', () => {
  const to = output(true)
  const clock = new ManualClock()
  const progress = startProgress(to, clock)
  progress.show('1 event')
  clock.advance(999)
  expect(to.written).toEqual([])
  clock.advance(1)
  progress.show('2 events')
  clock.advance(500)
  progress.done()
  expect(to.written).toEqual(['\r\x1b[2K1 event', '\r\x1b[2K2 events', '\r\x1b[2K'])
  expect(clock.pendingTimers).toBe(0)
})

it('cuts what does not fit on a line', () => {
  const to = output(true)
  const clock = new ManualClock()
  startProgress(to, clock).show('x'.repeat(50))
  clock.advance(1_000)
  expect(to.written).toEqual([`\r\x1b[2K${'x'.repeat(19)}`])
})

it('writes nothing where nobody watches', () => {
  const to = output(false)
  const clock = new ManualClock()
  startProgress(to, clock).show('1 event')
  clock.advance(5_000)
  expect(to.written).toEqual([])
})

it('draws a bar where it is known how much there is', () => {
  expect(progressText('7 lines', 0)).toBe(`[${'-'.repeat(24)}]   0 %  7 lines`)
  expect(progressText('7 lines', 0.51)).toBe(`[${'#'.repeat(12)}${'-'.repeat(12)}]  51 %  7 lines`)
  expect(progressText('7 lines', 1)).toBe(`[${'#'.repeat(24)}] 100 %  7 lines`)
  expect(progressText('7 lines', undefined)).toBe('7 lines')
})
