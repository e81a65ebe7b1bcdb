import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { float64Serde } from '../../src/record/serdes.ts'
import { WeirApp } from '../../src/runtime/app.ts'
import type { AppOptions } from '../../src/runtime/app-options.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import type { KeyValueStoreDef } from '../../src/state/stores.ts'
import { systemClock } from '../../src/time/clock.ts'
import { TopologyBuilder } from '../../src/topology/builder.ts'
import { defineOperator } from '../../src/topology/operator.ts'
import type { Topology } from '../../src/topology/topology.ts'

export const main = 'main'
const counts: KeyValueStoreDef<number> = { kind: 'key-value', name: 'counts', serde: float64Serde }

/** Counts the events of each key and writes the count back to main; its own records carry a header and are dropped. */
export function countingTopology(): Topology {
  return new TopologyBuilder()
    .source({
      name: 'in',
      topic: main,
      ingest(record: LogRecord) {
        if (record.headers.count !== undefined) return { streamTimeMs: undefined, record: undefined }
        const { topic, partition, offset, timestampMs, headers, key } = record
        return {
          streamTimeMs: timestampMs,
          record: {
            key: key!.toString(),
            value: record.value!.toString(),
            timestampMs,
            headers,
            topic,
            partition,
            offset,
          },
        }
      },
    })
    .processor(
      defineOperator<string, number>({
        name: 'count',
        stores: [counts],
        prefetch: ({ key }, ask) => ask.get(counts, key),
        create(ctx) {
          const store = ctx.store(counts)
          return (record) => {
            const count = (store.get(record.key) ?? 0) + 1
            store.put(record.key, count)
            if (record.value !== 'silent') ctx.forward({ ...record, value: count })
          }
        },
      }),
      'in',
    )
    .sink<number>(
      {
        name: 'out',
        topic: main,
        loopback: true,
        toRecord: ({ key, value, partition, offset }) => ({
          partition,
          key: Buffer.from(key),
          value: Buffer.from(`${key}@${offset}=${value}`),
          headers: { count: Buffer.from('1') },
        }),
      },
      'count',
    )
    .build()
}

export async function logWithMain(partitions = 2): Promise<Log> {
  const log = await openMemoryLog()
  await log.createTopic({ topic: main, partitions })
  return log
}

export const countingApp = (log: Log, stateDir: string, more: Partial<AppOptions> = {}): WeirApp =>
  new WeirApp({
    applicationId: 'counter',
    topology: countingTopology(),
    definition: 'counting',
    log,
    engine: stateEngine('rocksdb'),
    stateDir,
    guarantee: 'exactly-once',
    limits: { maxRecords: 50, maxBytes: 1 << 20, maxWaitMs: 20 },
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    ...more,
  })

/** Sends one event a key, in order. */
export async function sendEvents(log: Log, keys: readonly string[], value = 'x'): Promise<void> {
  const { partitions } = (await log.describeTopic(main))!
  const producer = await log.openProducer()
  await producer.send(
    keys.map((key) => ({
      topic: main,
      partition: partitionFor(Buffer.from(key), partitions),
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: {},
    })),
  )
  await producer.close()
}

/** What counting each key's events in log order must have written, computed from main as it lies. */
export function expectedCounts(records: readonly LogRecord[]): string[] {
  const counts = new Map<string, number>()
  return records
    .filter((record) => record.headers.count === undefined)
    .map((record) => {
      const key = record.key!.toString()
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return `${key}@${record.offset}=${counts.get(key)}`
    })
}

/** What the application has written. */
export const written = (records: readonly LogRecord[]): string[] =>
  records.filter((record) => record.headers.count !== undefined).map((record) => record.value!.toString())
