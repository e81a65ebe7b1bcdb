import type { TransactionalProducer, TransactionalProducerOptions } from '../log.ts'
import { epochKey, prefixRange, transactionalIdOfKey } from './keys.ts'
import { TransactionalSession } from './session.ts'
import type { LogStorage } from './storage.ts'

const defaultTransactionTimeoutMs = 10_000

interface Registered {
  epoch: number
  session: TransactionalSession | undefined
  /** Openings of one id happen one after the other. */
  opening: Promise<unknown>
}

/** Which session owns each transactional id; epochs outlive the process. */
export class TransactionalSessions {
  readonly #storage: LogStorage
  readonly #registered = new Map<string, Registered>()

  constructor(storage: LogStorage) {
    this.#storage = storage
  }

  async load(): Promise<void> {
    for (const [key, value] of await this.#storage.db.iterator(prefixRange('x')).all()) {
      this.#entry(transactionalIdOfKey(key)).epoch = value.readUInt32BE()
    }
  }

  open(options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    const entry = this.#entry(options.transactionalId)
    const opened = entry.opening.catch(() => {}).then(() => this.#open(entry, options))
    entry.opening = opened
    return opened
  }

  /** Aborts what is open, for the log is about to close. */
  async close(): Promise<void> {
    await Promise.all([...this.#registered.values()].map(({ session }) => session?.close()))
  }

  async #open(entry: Registered, options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    this.#storage.check()
    const { transactionalId, transactionTimeoutMs = defaultTransactionTimeoutMs } = options
    await entry.session?.fence()
    entry.session = undefined
    const epoch = entry.epoch + 1
    const value = Buffer.alloc(4)
    value.writeUInt32BE(epoch)
    await this.#storage.commits.write([{ type: 'put', key: epochKey(transactionalId), value }], true)
    entry.epoch = epoch
    entry.session = new TransactionalSession(this.#storage, { transactionalId, epoch, transactionTimeoutMs })
    return entry.session
  }

  #entry(transactionalId: string): Registered {
    let entry = this.#registered.get(transactionalId)
    if (entry === undefined) {
      entry = { epoch: 0, session: undefined, opening: Promise.resolve() }
      this.#registered.set(transactionalId, entry)
    }
    return entry
  }
}
