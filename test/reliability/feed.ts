import { setTimeout as pause } from 'node:timers/promises'
import type { LogClient } from '../../src/log/log.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { type Line, recordOf } from '../support/log-lines.ts'
import { listChange } from './campaign-events.ts'

const tickMs = 50
const eventsPerListChange = 2_500

/** Sends events to main at a steady rate, and now and then a change of the list to every partition. */
export class Feed {
  readonly #log: LogClient
  readonly #topic: string
  readonly #partitions: number
  readonly #events: Iterator<Line>
  #sent = 0
  #timeMs = 0

  constructor(log: LogClient, at: { readonly topic: string; readonly partitions: number }, events: Iterator<Line>) {
    this.#log = log
    this.#topic = at.topic
    this.#partitions = at.partitions
    this.#events = events
  }

  get sent(): number {
    return this.#sent
  }

  /** Sends so many events, `perSecond` on average; ends early when the signal fires or there are no more. */
  async run(count: number, perSecond: number, signal?: AbortSignal): Promise<void> {
    const producer = await this.#log.openProducer()
    const startedMs = performance.now()
    const before = this.#sent
    try {
      for (let sent = 0; sent < count && signal?.aborted !== true; sent = this.#sent - before) {
        const due = Math.min(count, Math.ceil(((performance.now() - startedMs) / 1000) * perSecond))
        const records = this.records(Math.min(due - sent, 5_000))
        if (records.length > 0) await producer.send(records)
        else if (due > sent) return
        await pause(tickMs)
      }
    } finally {
      await producer.close()
    }
  }

  /** The next events as records for main, fewer when there are no more. */
  records(count: number): OutgoingRecord[] {
    const records: OutgoingRecord[] = []
    for (let n = 0; n < count; n++) {
      const { value, done } = this.#events.next()
      if (done === true) break
      if (this.#sent % eventsPerListChange === 0) records.push(...this.#listChanges())
      this.#sent++
      this.#timeMs = Math.max(this.#timeMs, Number(value.time))
      records.push(this.#record(value))
    }
    return records
  }

  /** Logins on every partition that nobody confirms: only ticks can let their time pass. */
  async sendUnconfirmedLogins(): Promise<void> {
    const producer = await this.#log.openProducer()
    const records = Array.from({ length: 10 * this.#partitions }, (_, n) =>
      this.#record({
        kind: 'business',
        type: 'session.login',
        id: `unconfirmed-${n}`,
        key: `unconfirmed-${n}`,
        time: this.#timeMs,
        payload: { deviceId: 'd' },
      }),
    )
    await producer.send(records)
    await producer.close()
  }

  #listChanges(): OutgoingRecord[] {
    const change = this.#record(listChange(this.#sent / eventsPerListChange))
    return Array.from({ length: this.#partitions }, (_, partition) => ({ ...change, partition }))
  }

  #record(line: Line): OutgoingRecord {
    return recordOf(line, this.#topic, this.#partitions)
  }
}
