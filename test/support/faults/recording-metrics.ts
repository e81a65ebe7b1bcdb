import type { CounterName, GaugeName, Labels, Metrics } from '../../../src/runtime/metrics.ts'

/** Keeps what was counted and set, for a test to ask. */
export class RecordingMetrics implements Metrics {
  readonly #counts: { readonly name: CounterName; readonly by: number; readonly labels: Labels }[] = []
  readonly #gauges = new Map<string, number>()

  add(name: CounterName, by: number, labels: Labels = {}): void {
    this.#counts.push({ name, by, labels })
  }

  observe(): void {}

  set(name: GaugeName, value: number, labels: Labels = {}): void {
    this.#gauges.set(`${name} ${labels['task']}`, value)
  }

  unset(name: GaugeName, labels: Labels = {}): void {
    this.#gauges.delete(`${name} ${labels['task']}`)
  }

  /** The sum over everything whose labels include these. */
  counted(name: CounterName, labels: Labels = {}): number {
    return this.#counts
      .filter(
        (count) =>
          count.name === name && Object.entries(labels).every(([label, value]) => count.labels[label] === value),
      )
      .reduce((sum, { by }) => sum + by, 0)
  }

  gauge(name: GaugeName, task: string): number | undefined {
    return this.#gauges.get(`${name} ${task}`)
  }
}
