import { LogError } from '../../errors.ts'
import { unpacked } from '../../record/packed/packed-record.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { FetchedBatch, PartitionReader, Producer } from '../log.ts'
import type { Method, Methods } from './protocol.ts'

/** Asks the log's owner. */
export interface Caller {
  call<M extends Method>(method: M, argument: Methods[M][0]): Promise<Methods[M][1]>
}

const ignored = (): void => {}

/** A reader at the log's owner. */
export class RemoteReader implements PartitionReader {
  readonly #owner: Caller
  readonly #reader: number
  #position: number
  #seeks = 0
  #closed = false

  constructor(owner: Caller, reader: number, offset: number) {
    this.#owner = owner
    this.#reader = reader
    this.#position = offset
  }

  get position(): number {
    return this.#position
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch> {
    while (true) {
      if (this.#closed) throw new LogError('log-closed', 'the reader is closed: open another')
      const { batch, seeks } = await this.#owner.call('poll', { reader: this.#reader, maxWaitMs })
      // The answer crossed a seek: nobody asks for it any more.
      if (seeks !== this.#seeks) continue
      this.#position = batch.nextOffset
      return batch
    }
  }

  /** The owner hears of it before any later poll; should the call fail, so does that poll. */
  seek(offset: number): void {
    this.#position = offset
    this.#seeks++
    this.#owner.call('seek', { reader: this.#reader, offset, seeks: this.#seeks }).catch(ignored)
  }

  /** A poll that waits is ended by the owner, with `log-closed`. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#owner.call('closeReader', this.#reader).catch(ignored)
  }
}

/** A producer at the log's owner. */
export class RemoteProducer implements Producer {
  readonly #owner: Caller
  readonly #producer: number

  constructor(owner: Caller, producer: number) {
    this.#owner = owner
    this.#producer = producer
  }

  send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return this.#owner.call('send', { producer: this.#producer, records: records.map(unpacked) })
  }

  async close(): Promise<void> {
    await this.#owner.call('closeProducer', this.#producer).catch(ignored)
  }
}
