import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Isolation, Log, PartitionReader, Producer, TransactionalProducer } from '../../../src/log/log.ts'
import type { LogRecord, OutgoingRecord, TopicPartition } from '../../../src/record/record.ts'
import type { OpenedLog } from '../log.ts'

/** How long a test waits for what a broker does soon after it answered. */
export const patience = { timeout: 15_000, interval: 20 }

const run = randomUUID().slice(0, 8)
let names = 0

/** A name that no other test and no earlier run uses. */
export const fresh = (what: string): string => `contract-${what}-${run}-${names++}`

/** The log under test and what every test needs of it. */
export class LogFixture {
  readonly #open: () => Promise<OpenedLog>
  #opened: OpenedLog | undefined

  constructor(open: () => Promise<OpenedLog>) {
    this.#open = open
  }

  async open(): Promise<void> {
    this.#opened = await this.#open()
  }

  async dispose(): Promise<void> {
    await this.#opened?.dispose()
  }

  get log(): Log {
    return this.#opened!.log
  }

  another(): Promise<Log> {
    return this.#opened!.another()
  }

  async topic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = fresh('topic')
    // Records with old timestamps must not be deleted by age while a test reads them.
    await this.log.createTopic({ topic, partitions, config: { 'retention.ms': '-1', ...config } })
    return topic
  }

  /** Partition 0 of a topic of its own. */
  async partition(config: Record<string, string> = {}): Promise<TopicPartition> {
    return { topic: await this.topic(1, config), partition: 0 }
  }

  async producing<T>(use: (producer: Producer) => Promise<T>): Promise<T> {
    const producer = await this.log.openProducer()
    try {
      return await use(producer)
    } finally {
      await producer.close()
    }
  }

  /** Appends one record per text, without a transaction; resolves with the offsets. */
  append(at: TopicPartition, ...texts: string[]): Promise<readonly number[]> {
    return this.producing((producer) => producer.send(texts.map((text) => outgoing(at, text))))
  }

  session(transactionalId = fresh('tx'), transactionTimeoutMs = 10_000): Promise<TransactionalProducer> {
    return this.log.openTransactionalProducer({ transactionalId, transactionTimeoutMs })
  }

  /** Everything from `offset` to the high watermark; under `read-committed` it waits until open transactions end. */
  async read(
    at: TopicPartition,
    isolation: Isolation = 'read-committed',
    options: ReadOptions = {},
  ): Promise<LogRecord[]> {
    const end = await this.log.endOffset(at, 'read-uncommitted')
    const { offset = 0, maxBytes } = options
    const reader = await this.log.openReader({
      ...at,
      offset,
      isolation,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    })
    try {
      return await readUntil(reader, () => reader.position >= end)
    } finally {
      await reader.close()
    }
  }

  async readTexts(at: TopicPartition, isolation?: Isolation): Promise<string[]> {
    return (await this.read(at, isolation)).map(text)
  }
}

interface ReadOptions {
  readonly offset?: number
  readonly maxBytes?: number
}

export const outgoing = (at: TopicPartition, value: string, key: Buffer | null = Buffer.from('k')): OutgoingRecord => ({
  topic: at.topic,
  partition: at.partition,
  key,
  value: Buffer.from(value),
  headers: {},
})

export const text = (record: LogRecord): string => String(record.value)

/** Polls until `done`, checking what must hold of every batch. */
export async function readUntil(
  reader: PartitionReader,
  done: (records: LogRecord[]) => boolean,
): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let polls = 0; !done(records); polls++) {
    if (polls > 2_000) throw new Error(`the reader stays at ${reader.position} with ${records.length} records`)
    const before = reader.position
    const batch = await reader.poll(250)
    for (const record of batch.records) {
      expect(record.offset).toBeGreaterThanOrEqual(before)
      expect(record.offset).toBeGreaterThan(records.at(-1)?.offset ?? -1)
      expect(record.offset).toBeLessThan(batch.nextOffset)
      records.push(record)
    }
    expect(batch.nextOffset).toBeGreaterThanOrEqual(before)
    expect(reader.position).toBe(batch.nextOffset)
    expect(batch.lastStableOffset).toBeLessThanOrEqual(batch.highWatermark)
    expect(batch.nextOffset).toBeLessThanOrEqual(batch.highWatermark)
  }
  return records
}

/** The partition's read-committed end, once it is where the test expects it. */
export const awaitStable = (log: Log, at: TopicPartition): Promise<void> =>
  expect
    .poll(
      async () => (await log.endOffset(at, 'read-uncommitted')) - (await log.endOffset(at, 'read-committed')),
      patience,
    )
    .toBe(0)
