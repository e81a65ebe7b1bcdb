import type { LogClient } from '../../../src/log/log.ts'
import type { LogRecord } from '../../../src/record/record.ts'

/** What lies committed on one topic, read on from where the last look ended. */
export class TopicTail {
  readonly #log: LogClient
  readonly #topic: string
  readonly #partitions = new Map<number, { next: number; records: LogRecord[] }>()

  constructor(log: LogClient, topic: string) {
    this.#log = log
    this.#topic = topic
  }

  async read(partition: number): Promise<readonly LogRecord[]> {
    const at = { topic: this.#topic, partition }
    const seen = this.#partitions.get(partition) ?? { next: 0, records: [] }
    this.#partitions.set(partition, seen)
    const end = await this.#log.endOffset(at, 'read-committed')
    if (seen.next >= end) return seen.records
    const reader = await this.#log.openReader({ ...at, offset: seen.next, isolation: 'read-committed' })
    while (reader.position < end) seen.records.push(...(await reader.poll(50)).records)
    seen.next = reader.position
    await reader.close()
    return seen.records
  }
}
