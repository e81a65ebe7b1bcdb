import { LogError, ProductionError } from '../../errors.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Producer } from '../log.ts'
import type { Access, AccessSource } from './access.ts'

/**
 * Sends to whoever owns the log, one call after the other. A call that an owner surely has not carried out goes to the
 * next one; a call without an answer fails, for a repetition could write the records twice.
 */
export class VisitingProducer implements Producer {
  readonly #log: AccessSource
  #opened: { readonly access: Access; readonly producer: Producer } | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(log: AccessSource) {
    this.#log = log
  }

  send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    if (this.#closed) return Promise.reject(new LogError('log-closed', 'the producer is closed: open another'))
    const sent = this.#last.then(() => this.#send(records))
    this.#last = sent.catch(() => {})
    return sent
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#last
    await this.#opened?.producer.close()
  }

  async #send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    while (true) {
      const access = await this.#log.access()
      let asked = false
      try {
        const producer = await this.#producerAt(access)
        asked = true
        return await producer.send(records)
      } catch (error) {
        const outcome = this.#log.lost(access, error)
        if (outcome === undefined) throw error
        this.#opened = undefined
        if (asked && outcome === 'unknown') {
          throw new ProductionError(
            'production-failed',
            "the log's owner went away while it wrote: whether the records are in the log is unknown; look before you send them again",
            { cause: error },
          )
        }
      }
    }
  }

  async #producerAt(access: Access): Promise<Producer> {
    if (this.#opened?.access !== access) this.#opened = { access, producer: await access.openProducer() }
    return this.#opened.producer
  }
}
