import { startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Curve, Point } from './curve.ts'
import { type BrokerLoad, bareConsume, fill, weirRun } from './weir-run.ts'

/** What grows on a broker: partitions in one thread, threads over the same partitions, noise that no rule names. */
export async function brokerCurves(quick: boolean, say: (text: string) => void): Promise<readonly Curve[]> {
  const broker = await startBroker()
  const log = await openKafkaLog({ brokers: broker.brokers.split(',') })
  let runs = 0
  const measure = async (at: string, load: Omit<BrokerLoad, 'topic'>, isBeside = false): Promise<Point> => {
    say(`${load.partitions} partitions, ${load.threads} threads, ${load.noise} % noise`)
    const named = { ...load, topic: `growth-${process.pid}-${++runs}` }
    await fill(broker, log, named)
    const rivalPerSecond = isBeside ? await bareConsume(broker, named) : undefined
    const point = await weirRun(broker, log, named)
    return { at, ...point, ...(rivalPerSecond === undefined ? {} : { rivalPerSecond }) }
  }
  try {
    const records = quick ? 20_000 : 200_000
    const partitions: Point[] = []
    for (const count of quick ? [1, 4] : [1, 2, 4, 8])
      partitions.push(await measure(String(count), { partitions: count, threads: 1, records, noise: 0 }))
    const one = partitions[quick ? 1 : 2]!
    const two = await measure('2', { partitions: 4, threads: 2, records, noise: 0 })
    const noise: Point[] = []
    for (const share of quick ? [0, 99] : [0, 50, 90, 99]) {
      // The more is dropped, the less a record costs: for about the same time.
      const count = share >= 90 ? 2 * records : records
      noise.push(await measure(`${share} %`, { partitions: 1, threads: 1, records: count, noise: share }, true))
    }
    return [
      { name: 'partitions, one thread', unit: 'events', points: partitions },
      { name: 'threads, four partitions', unit: 'events', threads: [1, 2], points: [{ ...one, at: '1' }, two] },
      { name: 'share that no rule names', unit: 'records', rival: 'kafkajs reading alone', points: noise },
    ]
  } finally {
    await log.close()
    await broker.stop()
  }
}
