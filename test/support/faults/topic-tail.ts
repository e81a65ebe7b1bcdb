import type { LogClient } from '../../../src/log/log.ts'
import type { LogRecord } from '../../../src/record/record.ts'

/** What lies committed on one topic, read on from where the last look ended. */
export class TopicTail {
  readonly #log: LogClient
  readonly #topic: string
  readonly #next = new Map<number, number>()
  readonly #records = new Map<number, LogRecord[]>()

  constructor(log: LogClient, topic: string) {
    this.#log = log
    this.#topic = topic
  }

  /** All records since the beginning: they are kept. */
  async read(partition: number): Promise<readonly LogRecord[]> {
    const records = this.#records.get(partition) ?? []
    this.#records.set(partition, records)
    for (const record of await this.readOn(partition)) records.push(record)
    return records
  }

  /** Those since the last look. */
  async readOn(partition: number): Promise<readonly LogRecord[]> {
    const at = { topic: this.#topic, partition }
    const from = this.#next.get(partition) ?? 0
    const end = await this.#log.endOffset(at, 'read-committed')
    if (from >= end) return []
    const records: LogRecord[] = []
    const reader = await this.#log.openReader({ ...at, offset: from, isolation: 'read-committed' })
    while (reader.position < end) records.push(...(await reader.poll(50)).records)
    this.#next.set(partition, reader.position)
    await reader.close()
    return records
  }
}
