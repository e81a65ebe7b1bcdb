/**
 * A topology of one's own: forwards each card transaction that follows another of the same card within ten minutes.
 * `node examples/repeat-within.ts` runs it on a log in memory and prints what it forwards.
 */
import {
  type Clock,
  defaultEngine,
  defineOperator,
  int64Serde,
  type KeyValueStoreDef,
  type LogRecord,
  noMetrics,
  openMemoryLog,
  silentLogger,
  systemClock,
  TopologyBuilder,
  WeirApp,
} from '../src/index.ts'

const lastSeenMs: KeyValueStoreDef<number> = { kind: 'key-value', name: 'last-seen-ms', serde: int64Serde }

/** Forwards a record that follows another on the same key within `withinMs` (event time, inclusive). */
const repeatWithin = (withinMs: number) =>
  defineOperator<string, string>({
    name: 'repeat-within',
    stores: [lastSeenMs],
    prefetch: (record, ask) => ask.get(lastSeenMs, record.key),
    create(ctx) {
      const lastSeen = ctx.store(lastSeenMs)
      return (record) => {
        const previousMs = lastSeen.get(record.key)
        if (previousMs !== undefined && Math.abs(record.timestampMs - previousMs) <= withinMs) ctx.forward(record)
        lastSeen.put(record.key, Math.max(previousMs ?? 0, record.timestampMs))
      }
    },
  })

export const topology = new TopologyBuilder()
  .source({
    name: 'cards',
    topic: 'cards',
    ingest({ topic, partition, offset, timestampMs, headers, key, value }: LogRecord) {
      if (key === null || value === null) return { streamTimeMs: undefined, record: undefined }
      const record = { key: key.toString(), value: value.toString(), timestampMs, headers, topic, partition, offset }
      return { streamTimeMs: timestampMs, record }
    },
  })
  .processor(repeatWithin(600_000), 'cards')
  .sink<string>(
    {
      name: 'repeats',
      topic: 'repeats',
      toRecord: ({ key, value, partition, headers }) => ({
        partition,
        key: Buffer.from(key),
        value: Buffer.from(value),
        headers,
      }),
    },
    'repeat-within',
  )
  .build()

/** Runs the topology over three transactions; resolves with the values it forwarded. */
export async function run(stateDir: string, clock: Clock = systemClock): Promise<string[]> {
  const log = await openMemoryLog(clock)
  for (const topic of ['cards', 'repeats']) await log.createTopic({ topic, partitions: 1 })
  const app = new WeirApp({
    applicationId: 'repeats',
    topology,
    definition: 'repeat-within 10m',
    log,
    engine: defaultEngine(),
    stateDir,
    guarantee: 'exactly-once',
    limits: { maxRecords: 1_000, maxBytes: 1_048_576, maxWaitMs: 50 },
    clock,
    logger: silentLogger,
    metrics: noMetrics,
  })
  await app.start()
  const producer = await log.openProducer()
  const card = (value: string, timestampMs: number) => ({
    topic: 'cards',
    partition: 0,
    key: Buffer.from('card-1'),
    value: Buffer.from(value),
    headers: {},
    timestampMs,
  })
  await producer.send([card('first', 0), card('ten minutes later', 600_000), card('much later', 1_200_001)])
  const reader = await log.openReader({ topic: 'repeats', partition: 0, offset: 0, isolation: 'read-committed' })
  const forwarded: string[] = []
  while (forwarded.length === 0) {
    for (const { value } of (await reader.poll(100)).records) forwarded.push(value!.toString())
  }
  await reader.close()
  await producer.close()
  await app.stop()
  await log.close()
  return forwarded
}

if (import.meta.main) {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const folder = await mkdtemp(`${tmpdir()}/weir-example-`)
  for (const value of await run(folder)) process.stdout.write(`${value}\n`)
  await rm(folder, { recursive: true })
}
