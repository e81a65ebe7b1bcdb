import type { Producer } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'

const maxRecords = 500
/** Below what brokers take at once by default (1 MB). */
const maxBytes = 512 * 1024

/** Sends records in batches, in the order given. What `sent` counts is safely in the log. */
export class RecordSender {
  readonly #producer: Producer
  #batch: OutgoingRecord[] = []
  #bytes = 0
  sent = 0

  constructor(producer: Producer) {
    this.#producer = producer
  }

  /** Takes a record, and sends the batch when it is full. @throws ProductionError */
  async add(record: OutgoingRecord): Promise<void> {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (this.#bytes + bytes > maxBytes) await this.flush()
    this.#batch.push(record)
    this.#bytes += bytes
    if (this.#batch.length >= maxRecords) await this.flush()
  }

  /** Sends what is left. @throws ProductionError */
  async flush(): Promise<void> {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#bytes = 0
    await this.#producer.send(batch)
    this.sent += batch.length
  }
}
