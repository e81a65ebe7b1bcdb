import type { GaugeName, Labels } from '../../../src/runtime/metrics.ts'

/** Adds up what restores have replayed, from the gauges that they set for each store in turn. */
export class ReplayCount {
  readonly #tasks = new Map<string, { remaining: number; total: number; done: number }>()
  records = 0

  set(gauge: GaugeName, value: number, labels: Labels = {}): void {
    if (gauge !== 'task.restore.remaining' && gauge !== 'task.restore.total') return
    const task = labels['task'] ?? ''
    const seen = this.#tasks.get(task) ?? { remaining: 0, total: 0, done: 0 }
    this.#tasks.set(task, seen)
    if (gauge === 'task.restore.remaining') {
      seen.remaining = value
      return
    }
    const done = value - seen.remaining
    const isAnotherStore = value !== seen.total || done < seen.done
    this.records += isAnotherStore ? done : done - seen.done
    seen.total = value
    seen.done = done
  }
}
