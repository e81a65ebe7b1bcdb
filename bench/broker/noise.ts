/**
 * What records that no rule names cost: Weir's pace over a topic of mostly such records, beside a bare kafkajs consumer that
 * counts them, in turn in one process. `node bench/broker/noise.ts [--records N] [--noise 99] [--rounds N] [--least-ratio R]`;
 * with the last flag it fails when Weir has less than R times kafkajs's pace.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { type Metrics, noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { defaultEngine } from '../../src/state/engines/index.ts'
import { systemClock } from '../../src/time/clock.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { spreadOf } from './numbers.ts'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '500000' },
    noise: { type: 'string', default: '99' },
    rounds: { type: 'string', default: '3' },
    'least-ratio': { type: 'string' },
  },
})
const records = Number(values.records)
const noise = Number(values.noise)
const topic = 'mostly-noise'

/** The pace between the first records of a reader and its last. */
interface Pace {
  readonly perSecond: number
  readonly cpuMicros: number
}

async function fill(log: Log): Promise<void> {
  await log.createTopic({ topic, partitions: 1, config: { 'retention.ms': '-1' } })
  const producer = await log.openProducer()
  let batch: OutgoingRecord[] = []
  let count = 0
  for (const event of cardEvents({ events: records, cards: 20_000, seed: 1 })) {
    if (count === records) break
    const isNoise = count++ % 100 < noise
    batch.push(outgoingOf(isNoise ? { ...event, kind: 'business', type: 'page.viewed' } : event, topic))
    if (batch.length < 2_000) continue
    await producer.send(batch)
    batch = []
  }
  if (batch.length > 0) await producer.send(batch)
  await producer.close()
}

/** Counts from the first batch on: joining a group is not what is measured. */
class Watch {
  readonly #done = Promise.withResolvers<Pace>()
  #started: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage; readonly offset: number } | undefined

  get pace(): Promise<Pace> {
    return this.#done.promise
  }

  /** The reader has all records below `offset`. */
  reached(offset: number): void {
    this.#started ??= { atMs: performance.now(), cpu: process.cpuUsage(), offset }
    if (offset < records) return
    const { atMs, cpu, offset: from } = this.#started
    const { user, system } = process.cpuUsage(cpu)
    this.#done.resolve({
      perSecond: ((records - from) * 1000) / (performance.now() - atMs),
      cpuMicros: (user + system) / (records - from),
    })
  }
}

async function paceOfKafkaJs(brokers: readonly string[], groupId: string): Promise<Pace> {
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({ groupId })
  const watch = new Watch()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachBatch: async ({ batch }) => watch.reached(Number(batch.lastOffset()) + 1) })
  const pace = await watch.pace
  await consumer.disconnect()
  return pace
}

async function paceOfWeir(log: Log, applicationId: string): Promise<Pace> {
  const watch = new Watch()
  const metrics: Metrics = {
    ...noMetrics,
    set(gauge, value) {
      // What was polled before is processed.
      if (gauge === 'task.lag' && reachedBefore !== undefined) watch.reached(reachedBefore)
      if (gauge === 'task.lag') reachedBefore = records - Math.max(0, value)
    },
  }
  let reachedBefore: number | undefined
  const stateDir = await mkdtemp(join(tmpdir(), 'weir-noise-'))
  const app = await createRiskApp({
    ruleSet: tenMinuteRule('flagged'),
    applicationId,
    mainTopic: topic,
    mapping: 'headers',
    authenticity: unsigned(applicationId),
    log,
    engine: defaultEngine(),
    stateDir,
    guarantee: 'exactly-once',
    limits: { maxRecords: 2_000, maxBytes: 1 << 20, maxWaitMs: 100 },
    clock: systemClock,
    logger: silentLogger,
    metrics,
  })
  await app.start()
  const pace = await watch.pace
  await app.stop()
  await rm(stateDir, { recursive: true, force: true })
  return pace
}

const broker = await startBroker()
const brokers = broker.brokers.split(',')
const log = await openKafkaLog({ brokers })
const kafkaJs: Pace[] = []
const weir: Pace[] = []
try {
  await fill(log)
  for (let round = 0; round < Number(values.rounds); round++) {
    kafkaJs.push(await paceOfKafkaJs(brokers, `kafkajs-${round}`))
    weir.push(await paceOfWeir(log, `weir-${round}`))
  }
} finally {
  await log.close()
  await broker.stop()
}
const median = (paces: readonly Pace[], of: keyof Pace): number => spreadOf(paces.map((pace) => pace[of])).median
const ratio = median(weir, 'perSecond') / median(kafkaJs, 'perSecond')
console.table({
  kafkajs: { 'records/s': median(kafkaJs, 'perSecond'), 'CPU µs/record': median(kafkaJs, 'cpuMicros') },
  weir: { 'records/s': median(weir, 'perSecond'), 'CPU µs/record': median(weir, 'cpuMicros') },
})
console.log(`${noise} % noise: Weir has ${ratio.toFixed(2)} times the pace of a bare kafkajs consumer`)
const least = values['least-ratio']
if (least !== undefined && ratio < Number(least)) process.exitCode = 1
