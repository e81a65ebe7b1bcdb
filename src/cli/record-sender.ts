import type { Producer } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import { type Clock, systemClock, type Timer } from '../time/clock.ts'

const maxRecords = 500
/** Below what brokers take at once by default (1 MB). */
const maxBytes = 512 * 1024
/** A batch that does not fill up does not wait longer. */
const maxWaitMs = 100

/** Sends records in batches, in the order given. What `sent` counts is safely in the log. */
export class RecordSender {
  readonly #producer: Producer
  readonly #clock: Clock
  #batch: OutgoingRecord[] = []
  #bytes = 0
  #timer: Timer | undefined
  #sending: Promise<void> = Promise.resolve()
  sent = 0

  constructor(producer: Producer, clock: Clock = systemClock) {
    this.#producer = producer
    this.#clock = clock
  }

  /** Takes a record; waits while a full batch is sent. @throws ProductionError, of this batch or one before */
  async add(record: OutgoingRecord): Promise<void> {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (this.#bytes + bytes > maxBytes) await this.flush()
    this.#batch.push(record)
    this.#bytes += bytes
    if (this.#batch.length >= maxRecords) await this.flush()
    else this.#timer ??= this.#clock.setTimeout(() => void this.flush().catch(() => {}), maxWaitMs)
  }

  /** Sends what is left. @throws ProductionError, of this batch or one before */
  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#sending = this.#sending.then(() => this.#send())
    return this.#sending
  }

  async #send(): Promise<void> {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#bytes = 0
    await this.#producer.send(batch)
    this.sent += batch.length
  }
}
