import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { buildRivals } from './build-rivals.ts'
import { type LatencyResult, measureLatency } from './latency-run.ts'
import { spreadOf } from './numbers.ts'
import type { Guarantee, Rival } from './rival.ts'
import { kafkaStreams, weir } from './rivals.ts'
import { bestStreams } from './streams-variants.ts'

const help = `Measures the time from an event's append to its decision, visible to a read-committed consumer.

  node bench/broker/latency.ts [--rates 500,2000] [--guarantee exactly-once,at-least-once] [--seconds 30]
                               [--warm-up 10] [--cards 20000] [--rounds 3] [--out FILE]
`
/** A fresh broker's JVM compiles itself at the cost of whoever comes first: these runs do not count. */
const brokerWarmUp = { rate: 2_000, seconds: 6, warmUpSeconds: 0, cards: 20_000, guarantee: 'exactly-once' } as const

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '500,2000' },
    guarantee: { type: 'string', default: 'exactly-once,at-least-once' },
    seconds: { type: 'string', default: '30' },
    'warm-up': { type: 'string', default: '10' },
    cards: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  },
})

/** Kafka Streams as it comes, and with short waits everywhere. */
const rivals: readonly Rival[] = [
  weir(),
  kafkaStreams({ ...bestStreams, 'commit-ms': 100 }, 'kafka streams, 100 ms'),
  kafkaStreams({ ...bestStreams, 'commit-ms': 20, 'linger-ms': 0 }, 'kafka streams, 20 ms'),
]

async function main(): Promise<void> {
  await buildRivals()
  const broker = await startBroker()
  const log = await openKafkaLog({ brokers: broker.brokers.split(',') })
  const results: LatencyResult[] = []
  try {
    for (const [index, rival] of rivals.entries())
      await measureLatency(rival, brokerWarmUp, { broker, log, name: `latency-${process.pid}-warm-up-${index}` })
    for (const guarantee of values.guarantee.split(',') as Guarantee[]) {
      for (const rate of values.rates.split(',').map(Number)) {
        const plan = {
          rate,
          seconds: Number(values.seconds),
          warmUpSeconds: Number(values['warm-up']),
          cards: Number(values.cards),
          guarantee,
        }
        for (let round = 1; round <= Number(values.rounds); round++) {
          const inTurn = [...rivals.entries()]
          for (const [index, rival] of round % 2 === 1 ? inTurn : inTurn.reverse()) {
            const name = `latency-${process.pid}-${guarantee}-${rate}-${round}-${index}`
            results.push(await measureLatency(rival, plan, { broker, log, name }))
          }
        }
        print(results.filter((result) => result.rate === rate && result.guarantee === guarantee))
      }
    }
    if (values.out !== undefined) await writeFile(`${values.out}.json`, `${JSON.stringify(results, undefined, 2)}\n`)
  } finally {
    await log.close()
    await broker.stop()
  }
}

function print(results: readonly LatencyResult[]): void {
  const { rate, guarantee } = results[0]!
  const ms = (all: readonly number[]): string => {
    const { median, min, max } = spreadOf(all)
    return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`
  }
  const lines = [...Map.groupBy(results, ({ rival }) => rival)].map(
    ([rival, own]) =>
      `| ${rival} | ${ms(own.map(({ p50Ms }) => p50Ms))} | ${ms(own.map(({ p99Ms }) => p99Ms))} | ${ms(own.map(({ maxMs }) => maxMs))} | ${own[0]!.decisions} |`,
  )
  process.stdout.write(
    `${rate} events/s, ${guarantee}\n\n| rival | p50 ms | p99 ms | most ms | decisions |\n|---|---:|---:|---:|---:|\n${lines.join('\n')}\n\n`,
  )
}

if (values.help) process.stdout.write(help)
else await main()
