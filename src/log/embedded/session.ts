import { LogError, ProductionError, TaskMigratedError } from '../../errors.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Timer } from '../../time/clock.ts'
import type { CommittedOffset, TransactionalProducer } from '../log.ts'
import { shareOut } from './append.ts'
import type { MarkerKind } from './rows.ts'
import type { LogStorage } from './storage.ts'
import { Transaction } from './transaction.ts'

export interface SessionOptions {
  readonly transactionalId: string
  readonly epoch: number
  readonly transactionTimeoutMs: number
}

/** A transactional producer of an embedded log, for as long as nobody opens its id again. */
export class TransactionalSession implements TransactionalProducer {
  readonly #storage: LogStorage
  readonly #options: SessionOptions
  #transaction: Transaction | undefined
  #timer: Timer | undefined
  #ending: Promise<void> | undefined
  /** Why every further call fails. */
  #refusal: Error | undefined

  constructor(storage: LogStorage, options: SessionOptions) {
    this.#storage = storage
    this.#options = options
  }

  async send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    await this.#idle()
    this.#check()
    const shares = this.#refusing(() => shareOut(records, this.#storage.topics))
    if (shares.length === 0) return []
    const offsets = new Array<number>(records.length)
    const transaction = this.#begin()
    for (const share of shares) transaction.append(share, offsets)
    return offsets
  }

  async sendOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#idle()
    this.#check()
    if (offsets.length > 0) this.#begin().addOffsets(groupId, offsets)
  }

  commit(): Promise<void> {
    return this.#end('commit')
  }

  abort(): Promise<void> {
    return this.#end('abort')
  }

  async close(): Promise<void> {
    await this.#refuse(new LogError('log-closed', 'the producer is closed: open another'))
  }

  /** Ends the session for a newer one: what is committing commits, what is open aborts. */
  fence(): Promise<void> {
    const { transactionalId, epoch } = this.#options
    return this.#refuse(
      new TaskMigratedError('fenced', `a newer producer has ${transactionalId} (this one has epoch ${epoch}): close`),
    )
  }

  #begin(): Transaction {
    if (this.#transaction === undefined) {
      this.#transaction = new Transaction(this.#storage)
      this.#timer = this.#storage.clock.setTimeout(() => void this.#expire(), this.#options.transactionTimeoutMs)
    }
    return this.#transaction
  }

  /** Kafka fences the producer too: it must not commit the rest of a transaction that lost its beginning. */
  #expire(): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.#options
    return this.#refuse(
      new TaskMigratedError(
        'fenced',
        `the transaction of ${transactionalId} was open for ${transactionTimeoutMs} ms and is aborted: close, open another`,
      ),
    )
  }

  async #refuse(refusal: Error): Promise<void> {
    this.#refusal ??= refusal
    await this.#idle()
    await this.#finish('abort').catch(() => {})
  }

  async #end(kind: MarkerKind): Promise<void> {
    await this.#idle()
    this.#check()
    try {
      await this.#finish(kind)
    } catch (cause) {
      const error = new ProductionError(
        kind === 'commit' ? 'commit-outcome-unknown' : 'production-failed',
        `the ${kind} of ${this.#options.transactionalId} has no answer: open the log again and look`,
        { cause },
      )
      this.#refusal ??= error
      throw error
    }
  }

  async #finish(kind: MarkerKind): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined) return this.#ending
    this.#transaction = undefined
    this.#timer?.cancel()
    this.#ending = transaction.end(kind).finally(() => {
      this.#ending = undefined
    })
    await this.#ending
  }

  /** Until no transaction is ending. */
  async #idle(): Promise<void> {
    while (this.#ending !== undefined) await this.#ending.catch(() => {})
  }

  #check(): void {
    if (this.#refusal !== undefined) throw this.#refusal
    this.#storage.check()
  }

  #refusing<T>(attempt: () => T): T {
    try {
      return attempt()
    } catch (error) {
      this.#refusal ??= error as Error
      throw error
    }
  }
}
