import { afterEach, expect, it } from 'vitest'
import { createPrometheusMetrics } from '../../src/runtime/prometheus-metrics.ts'

let close: () => Promise<void> = async () => {}

function metrics() {
  const created = createPrometheusMetrics()
  close = created.close
  return created
}

afterEach(() => close())

it('adds up counters by label', async () => {
  const collected = metrics()
  collected.add('records.dead_lettered', 2, { reason: 'value' })
  collected.add('records.dead_lettered', 3, { reason: 'value' })
  collected.add('decisions', 1, { outcome: 'block' })
  const text = await collected.text()
  expect(text).toContain('weir_records_dead_lettered_total{reason="value"} 5\n')
  expect(text).toContain('weir_decisions_total{outcome="block"} 1\n')
})

it('puts durations into buckets of seconds', async () => {
  const collected = metrics()
  collected.observe('commit.duration.seconds', 0.004)
  const text = await collected.text()
  expect(text).toContain('weir_commit_duration_seconds_bucket{le="0.0025"} 0\n')
  expect(text).toContain('weir_commit_duration_seconds_bucket{le="0.005"} 1\n')
})

it('shows the last value of a gauge until it is unset', async () => {
  const collected = metrics()
  collected.set('task.lag', 9, { task: '0_1' })
  collected.set('task.lag', 7, { task: '0_1' })
  collected.set('task.lag', 3, { task: '0_2' })
  const before = await collected.text()
  collected.unset('task.lag', { task: '0_1' })
  const after = await collected.text()
  expect(before).toContain('weir_task_lag{task="0_1"} 7\n')
  expect(after).not.toContain('task="0_1"')
  expect(after).toContain('weir_task_lag{task="0_2"} 3\n')
})
