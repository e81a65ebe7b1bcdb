import { type RunningBroker, startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { spreadOf } from '../broker/numbers.ts'
import type { Curve, Point } from './curve.ts'
import { type BrokerLoad, bareConsume, fill, weirRun } from './weir-run.ts'

/** Measures on one broker, each time on a fresh topic. */
class Bench {
  readonly #broker: RunningBroker
  readonly #log: Log
  readonly #say: (text: string) => void
  #topics = 0

  constructor(broker: RunningBroker, log: Log, say: (text: string) => void) {
    this.#broker = broker
    this.#log = log
    this.#say = say
  }

  /** Weir alone. */
  async weir(at: string, load: Omit<BrokerLoad, 'topic'>): Promise<Point> {
    return { at, ...(await weirRun(this.#broker, this.#log, await this.#filled(load))) }
  }

  /** kafkajs's consumer and Weir in turn on equal topics; the medians. */
  async besideConsumer(at: string, load: Omit<BrokerLoad, 'topic'>, rounds: number): Promise<Point> {
    const points: Omit<Point, 'at'>[] = []
    const rivals: number[] = []
    for (let round = 0; round < rounds; round++) {
      const filled = await this.#filled(load)
      rivals.push(await bareConsume(this.#broker, filled))
      points.push(await weirRun(this.#broker, this.#log, filled))
    }
    const median = (of: 'perSecond' | 'cpuMicros'): number => spreadOf(points.map((point) => point[of])).median
    return {
      ...points.at(-1)!,
      at,
      perSecond: median('perSecond'),
      cpuMicros: median('cpuMicros'),
      rivalPerSecond: spreadOf(rivals).median,
    }
  }

  async #filled(load: Omit<BrokerLoad, 'topic'>): Promise<BrokerLoad> {
    this.#say(`${load.partitions} partitions, ${load.threads} threads, ${load.noise} % noise`)
    const filled = { ...load, topic: `growth-${process.pid}-${++this.#topics}` }
    await fill(this.#broker, this.#log, filled)
    return filled
  }
}

async function scaleCurves(bench: Bench, quick: boolean): Promise<Curve[]> {
  const records = quick ? 20_000 : 200_000
  const partitions: Point[] = []
  for (const count of quick ? [1, 4] : [1, 2, 4, 8])
    partitions.push(await bench.weir(String(count), { partitions: count, threads: 1, records, noise: 0 }))
  const one = partitions[quick ? 1 : 2]!
  const two = await bench.weir('2', { partitions: 4, threads: 2, records, noise: 0 })
  return [
    { name: 'partitions, one thread', unit: 'events', points: partitions },
    { name: 'threads, four partitions', unit: 'events', threads: [1, 2], points: [{ ...one, at: '1' }, two] },
  ]
}

async function noiseCurve(bench: Bench, quick: boolean): Promise<Curve> {
  const points: Point[] = []
  for (const noise of quick ? [99] : [0, 50, 90, 99]) {
    // The more is dropped, the less a record costs: for about the same time.
    const records = noise >= 90 ? 400_000 : 200_000
    points.push(await bench.besideConsumer(`${noise} %`, { partitions: 1, threads: 1, records, noise }, quick ? 1 : 3))
  }
  return { name: 'share that no rule names', unit: 'records', rival: 'kafkajs reading alone', points }
}

/** What grows on a broker: partitions in one thread, threads over the same partitions, noise that no rule names. */
export async function brokerCurves(
  quick: boolean,
  say: (text: string) => void,
  which: { readonly scale: boolean; readonly noise: boolean },
): Promise<readonly Curve[]> {
  const broker = await startBroker()
  const log = await openKafkaLog({ brokers: broker.brokers.split(',') })
  const bench = new Bench(broker, log, say)
  try {
    return [
      ...(which.scale ? await scaleCurves(bench, quick) : []),
      ...(which.noise ? [await noiseCurve(bench, quick)] : []),
    ]
  } finally {
    await log.close()
    await broker.stop()
  }
}
