import { LogError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { CompactionLimits } from './compaction-pass.ts'
import { Compactor } from './compactor.ts'
import type { LogDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { formatKey } from './keys.ts'
import { TopicRegistry } from './topics.ts'

/** Format 2 has rows with gaps; all of 1 is in it. */
const format = 2
const readableFormats = [1, 2]

export interface StorageOptions {
  readonly compaction?: Partial<CompactionLimits> | undefined
}

/** The parts that everything in an embedded log shares: its database, its topics, its one way to write. */
export class LogStorage {
  readonly db: LogDatabase
  readonly clock: Clock
  readonly commits: GroupCommit
  readonly topics: TopicRegistry
  readonly #compactor: Compactor
  readonly #onClose = new Set<() => void>()
  readonly #generation: number
  #transactions = 0
  #closed = false

  private constructor(db: LogDatabase, clock: Clock, generation: number, { compaction }: StorageOptions) {
    this.db = db
    this.clock = clock
    this.#generation = generation
    this.commits = new GroupCommit(db, () => this.#interrupt())
    this.#compactor = new Compactor({ db, commits: this.commits, clock, limits: compaction })
    this.topics = new TopicRegistry(db, this.commits, this.#compactor)
  }

  /** Opens the database and reads what must be known before the first call. @throws what the database throws */
  static async open(db: LogDatabase, clock: Clock, options: StorageOptions = {}): Promise<LogStorage> {
    await db.open()
    try {
      const [head] = await db.getMany([formatKey])
      const [found, generation] = head === undefined ? [format, 0] : [head.readUInt32BE(0), head.readUInt32BE(4)]
      if (!readableFormats.includes(found)) {
        throw new LogError(
          'log-unavailable',
          `the log has format ${found}, this version reads up to ${format}: use its version`,
        )
      }
      const storage = new LogStorage(db, clock, generation + 1, options)
      await storage.commits.write([{ type: 'put', key: formatKey, value: encodeHead(generation + 1) }], true)
      await storage.topics.load()
      return storage
    } catch (error) {
      await db.close()
      throw error
    }
  }

  /** A number that no transaction of this log ever had. */
  nextTransaction(): number {
    return this.#generation * 2 ** 32 + ++this.#transactions
  }

  /** @throws LogError `log-closed`; `log-unwritable` after a failed write */
  check(): void {
    if (this.#closed) throw new LogError('log-closed', 'the log is closed: open it again')
    if (this.commits.failure !== undefined) throw this.commits.failure
  }

  /** Reads from the database. @throws what `check` throws; `log-unavailable` when the database fails */
  async reading<T>(read: (db: LogDatabase) => Promise<T>): Promise<T> {
    this.check()
    try {
      return await read(this.db)
    } catch (cause) {
      if (cause instanceof LogError) throw cause
      // A close in the middle ends reads in the database's own words.
      this.check()
      const what = cause instanceof Error ? cause.message : String(cause)
      throw new LogError('log-unavailable', `the embedded log cannot be read (${what}): look to its disk`, { cause })
    }
  }

  /** Calls back when the log closes or fails. @returns a function that calls it off */
  onInterrupt(callback: () => void): () => void {
    this.#onClose.add(callback)
    return () => this.#onClose.delete(callback)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#interrupt()
    await this.#compactor.stop()
    await this.commits.drain()
    await this.db.close()
  }

  #interrupt(): void {
    for (const callback of [...this.#onClose]) callback()
  }
}

function encodeHead(generation: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(format, 0)
  head.writeUInt32BE(generation, 4)
  return head
}
