import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import kafkajs, { type Producer } from 'kafkajs'
import type { OutgoingRecord } from '../../src/record/record.ts'

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(import.meta.url)

export interface HangOptions {
  readonly brokers: string
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly records: readonly OutgoingRecord[]
}

/** Somebody else's transactional producer, a stock client. */
export class StockProducer {
  readonly #producer: Producer

  constructor(options: Omit<HangOptions, 'records'>) {
    const { brokers, transactionalId, transactionTimeoutMs: transactionTimeout } = options
    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 5, retries: 20 },
    })
    this.#producer = kafka.producer({ transactionalId, transactionTimeout, maxInFlightRequests: 1, idempotent: true })
  }

  connect(): Promise<void> {
    return this.#producer.connect()
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect()
  }

  /** Writes in a transaction of its own, and ends it so, or not at all. */
  async write(records: readonly OutgoingRecord[], end: 'commit' | 'abort' | 'hang'): Promise<void> {
    const transaction = await this.#producer.transaction()
    const topics = Map.groupBy(records, ({ topic }) => topic)
    for (const [topic, ofTopic] of topics) {
      const messages = ofTopic.map(({ partition, key, value, headers }) => ({
        partition,
        key,
        value,
        headers: { ...headers },
      }))
      await transaction.send({ topic, messages })
    }
    if (end !== 'hang') await transaction[end]()
  }
}

type Plain = Omit<OutgoingRecord, 'key' | 'value' | 'headers'> & {
  key: string
  value: string
  headers: Record<string, string>
}

/** A stock producer in a process of its own, with an open transaction until it dies. */
export class ForeignProducer {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async hang(options: HangOptions): Promise<ForeignProducer> {
    const records: Plain[] = options.records.map((record) => ({
      ...record,
      key: record.key!.toString(),
      value: record.value!.toString(),
      headers: Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, value.toString()])),
    }))
    const child = spawn(node, [script, JSON.stringify({ ...options, records })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout!, 'data')
    return new ForeignProducer(child)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}

if (process.argv[1] === script) {
  const { records, ...options } = JSON.parse(process.argv[2]!)
  const producer = new StockProducer(options)
  await producer.connect()
  await producer.write(
    records.map(({ key, value, headers, ...at }: Plain) => ({
      ...at,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    })),
    'hang',
  )
  process.stdout.write('open\n')
}
