import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import {
  type CounterName,
  counters,
  type GaugeName,
  gauges,
  type HistogramName,
  histograms,
  type Labels,
  type Metrics,
} from './metrics.ts'

const durationBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export interface PrometheusMetrics extends Metrics {
  /** Everything collected so far, in Prometheus' text format; names are `weir_records_processed_total` and so on. */
  text(): Promise<string>
  close(): Promise<void>
}

/** Collects with OpenTelemetry. */
export function createPrometheusMetrics(): PrometheusMetrics {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  const meter = provider.getMeter('weir')
  const counting = created(counters, (name, description) => meter.createCounter(`weir.${name}`, { description }))
  const measuring = created(histograms, (name, description) =>
    meter.createHistogram(`weir.${name}`, { description, advice: { explicitBucketBoundaries: durationBoundaries } }),
  )
  const levels = created(gauges, (name, description) => new Levels(meter, `weir.${name}`, description))
  const levelsByName = new Map(Object.values(levels).map((each) => [each.name, each]))
  return {
    add: (counter, by, labels) => counting[counter].add(by, labels),
    observe: (histogram, seconds, labels) => measuring[histogram].record(seconds, labels),
    set: (gauge, value, labels = {}) => levels[gauge].set(value, labels),
    unset: (gauge, labels = {}) => levels[gauge].unset(labels),
    async text() {
      const { resourceMetrics } = await exporter.collect()
      for (const { metrics } of resourceMetrics.scopeMetrics) {
        for (const { descriptor, dataPoints } of metrics) levelsByName.get(descriptor.name)?.forgetGone(dataPoints)
      }
      return serializer.serialize(resourceMetrics)
    },
    close: () => provider.shutdown(),
  }
}

/** The values of a gauge by label. OpenTelemetry goes on reporting the last value of labels that are gone, so those are taken out. */
class Levels {
  readonly name: string
  readonly #values = new Map<string, { value: number; labels: Labels }>()

  constructor(meter: Meter, name: string, description: string) {
    this.name = name
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      for (const { value, labels } of this.#values.values()) result.observe(value, labels)
    })
  }

  set(value: number, labels: Labels): void {
    this.#values.set(keyOf(labels), { value, labels })
  }

  unset(labels: Labels): void {
    this.#values.delete(keyOf(labels))
  }

  forgetGone(points: { readonly attributes: object }[]): void {
    const left = points.filter(({ attributes }) => this.#values.has(keyOf(attributes)))
    points.splice(0, points.length, ...left)
  }
}

const keyOf = (labels: object): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

type Name = CounterName | HistogramName | GaugeName

const created = <N extends Name, T>(
  declared: Readonly<Record<N, string>>,
  create: (name: N, description: string) => T,
): Record<N, T> =>
  Object.fromEntries(Object.entries<string>(declared).map(([name, text]) => [name, create(name as N, text)])) as Record<
    N,
    T
  >
