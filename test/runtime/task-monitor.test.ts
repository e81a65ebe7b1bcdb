import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { TaskMonitor } from '../../src/runtime/task-monitor.ts'
import { ManualClock } from '../../src/time/clock.ts'

const at = { topic: 'main', partition: 0, records: [] }

describe('the age of a transaction that holds readers back', () => {
  it('grows while the last stable offset stands still below the high watermark', () => {
    const clock = new ManualClock()
    const monitor = new TaskMonitor('0_0', noMetrics, clock)
    monitor.polled({ ...at, nextOffset: 5, lastStableOffset: 5, highWatermark: 7 })
    clock.advance(1_000)
    monitor.polled({ ...at, nextOffset: 5, lastStableOffset: 5, highWatermark: 9 })
    expect(monitor.health('RUNNING').openTransactionAgeMs).toBe(1_000)
    monitor.polled({ ...at, nextOffset: 9, lastStableOffset: 9, highWatermark: 9 })
    expect(monitor.health('RUNNING').openTransactionAgeMs).toBe(0)
  })

  it('begins anew with each transaction: under load every poll may find one of our own on its way', () => {
    const clock = new ManualClock()
    const monitor = new TaskMonitor('0_0', noMetrics, clock)
    for (let offset = 5; offset < 500; offset += 5) {
      monitor.polled({ ...at, nextOffset: offset, lastStableOffset: offset, highWatermark: offset + 3 })
      clock.advance(20)
    }
    expect(monitor.health('RUNNING').openTransactionAgeMs).toBe(20)
  })
})

describe('the state of a deployed rule set that is being made', () => {
  const gauges = new Map<string, number>()
  const metrics = {
    ...noMetrics,
    set: (gauge: string, value: number) => void gauges.set(gauge, value),
    unset: (gauge: string) => void gauges.delete(gauge),
  }
  const shown = () => Object.fromEntries(gauges)
  const progress = { id: 'd', hash: 'h', from: 100, reached: 150, to: 400, isWarm: false }
  let monitor: TaskMonitor

  beforeEach(() => {
    gauges.clear()
    monitor = new TaskMonitor('0_0', metrics, new ManualClock())
    monitor.warmingUp(progress)
  })

  it('shows how much is left, as the task goes on', () => {
    expect(shown()).toEqual({ 'task.warm_up.remaining': 250, 'task.warm_up.total': 300 })
    monitor.warmingUp({ ...progress, reached: 450, to: 450, isWarm: true })
    expect(shown()).toEqual({ 'task.warm_up.remaining': 0, 'task.warm_up.total': 350 })
  })

  it.each([
    ['is in force', () => monitor.activated({ hash: 'h', offset: 400 })],
    ['cannot be made', () => monitor.warmingUp({ ...progress, failure: 'no' })],
    ['has gone elsewhere with its task', () => monitor.forget()],
  ])('shows nothing any more once it %s', (_, end) => {
    end()
    expect(shown()).toEqual({})
  })
})

it('warns once of a table without "on" that has several rows under one key, and counts each', () => {
  const warned: unknown[] = []
  const counted: unknown[] = []
  const logger = { ...silentLogger, warn: (_: string, fields: unknown) => void warned.push(fields) }
  const metrics = { ...noMetrics, add: (...of: unknown[]) => void counted.push(of) }
  const monitor = new TaskMonitor('0_0', metrics, new ManualClock(), logger)
  for (let n = 0; n < 3; n++) monitor.count('several-rows.customers')
  expect(warned).toEqual([{ table: 'customers' }])
  expect(counted).toHaveLength(3)
})
