import { expect, it } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import { RestoreReport } from '../../src/runtime/restore-report.ts'
import { ManualClock } from '../../src/time/clock.ts'

it('tells how fast a restore goes and how long the rest will take, now and then in the log and always when asked', () => {
  const clock = new ManualClock()
  const lines: unknown[] = []
  const logger = { ...silentLogger, info: (message: string, fields: unknown) => void lines.push([message, fields]) }
  const report = new RestoreReport(clock, logger)
  expect(report.status).toBeUndefined()

  for (let remaining = 3_000; remaining >= 0; remaining -= 100, clock.advance(1_000)) {
    report.progress({ store: 'rows', remaining, total: 3_000 })
    if (remaining === 2_500) expect(report.status).toEqual({ remaining, total: 3_000, perSecond: 100, secondsLeft: 25 })
  }
  const at = (remaining: number) => ({
    store: 'rows',
    remaining,
    total: 3_000,
    perSecond: 100,
    secondsLeft: remaining / 100,
  })
  expect(lines).toEqual([
    ['restoring state', at(2_000)],
    ['restoring state', at(1_000)],
    ['state restored', { records: 3_000, tookMs: 30_000, perSecond: 100 }],
  ])

  report.progress({ store: 'rows', remaining: 10, total: 10 })
  expect(report.status).toEqual({ remaining: 10, total: 10, perSecond: 0 })
})
