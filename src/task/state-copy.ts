import { Sweeper } from '../state/sweeper.ts'
import { readSystem, systemChanges, systemColumn } from '../state/system.ts'
import { changelogTopic, systemStoreDef } from './changelog.ts'
import { ChangelogTail, type Tailed } from './changelog-tail.ts'
import { asTaskCorrupted, type OpenedDatabase, openTaskDatabase, type TaskDatabaseOptions } from './open-database.ts'
import { decodePosition, positionKey } from './position.ts'

export interface StateCopyOptions extends TaskDatabaseOptions {
  /** The number of the task's sub-topology. */
  readonly subTopology: number
  readonly partition: number
  readonly limits: { readonly maxBytes: number }
}

/**
 * A database that follows its changelogs. Each look writes what has come together with how far it came, and sweeps what is past
 * its retention by the owner's stream time, which comes with the task's position.
 */
export class StateCopy {
  readonly #opened: OpenedDatabase
  readonly #stopped: () => boolean
  readonly #sweeper: Sweeper
  readonly #system: ChangelogTail
  readonly #others: readonly ChangelogTail[]
  #streamTimeMs = -1

  private constructor(options: StateCopyOptions, opened: OpenedDatabase, tails: readonly ChangelogTail[]) {
    this.#opened = opened
    this.#stopped = options.stopped
    this.#sweeper = new Sweeper(opened.db, options.stores)
    const [system, ...others] = tails
    this.#system = system!
    this.#others = others
    this.#noteTime(opened.db.getSync(systemColumn, positionKey))
  }

  /** @throws TaskCorruptedError, StateStoreError, LogError */
  static async open(options: StateCopyOptions): Promise<StateCopy> {
    const { applicationId, subTopology, partition, stores, log, limits } = options
    const opened = await openTaskDatabase(options)
    const tails: ChangelogTail[] = []
    try {
      const { changelogOffsets } = await readSystem(opened.db)
      for (const store of [systemStoreDef, ...stores]) {
        const changelog = { topic: changelogTopic(applicationId, store.name, subTopology), partition }
        const from = changelogOffsets.get(store.name)
        tails.push(await ChangelogTail.open({ store, changelog, log, maxBytes: limits.maxBytes, from }))
      }
      return new StateCopy(options, opened, tails)
    } catch (error) {
      await Promise.allSettled(tails.map((tail) => tail.close()))
      await opened.close()
      throw asTaskCorrupted(error)
    }
  }

  /**
   * Applies what there is in all changelogs, and resolves with what is still missing, in offsets. Each commit writes to the system
   * changelog: there the others are waited for, `waitMs` at most.
   */
  async look(waitMs: number): Promise<number> {
    const system = await this.#system.poll(waitMs)
    const cut = this.#others.filter(({ isWhole }) => !isWhole)
    const readable = this.#others.filter(({ isWhole }) => isWhole)
    const others = await Promise.all(readable.map((tail) => tail.pollOrSkip()))
    const tailed = [system, ...others.filter((each) => each !== undefined)]
    const unread = tailed.reduce((sum, each) => sum + each.unread, 0)
    // Whoever closes the copy waits for its database.
    if (this.#stopped()) return unread
    if (tailed.some(({ isNews }) => isNews)) await this.#apply(tailed)
    // What was trimmed is known only when the system changelog has been read to its end since.
    if (system.unread === 0) for (const tail of cut) tail.check(this.#opened.db)
    const notRead = this.#others.length + 1 - tailed.length
    return unread + notRead
  }

  /** Ends a look that waits; what was read is written still. */
  async closeReaders(): Promise<void> {
    await Promise.allSettled([this.#system, ...this.#others].map((tail) => tail.close()))
  }

  async close(): Promise<void> {
    await this.closeReaders()
    await this.#opened.close()
  }

  async #apply(tailed: readonly Tailed[]): Promise<void> {
    const changes = tailed.flatMap((each) => each.changes)
    const changelogOffsets = new Map(tailed.map(({ store, nextOffset }) => [store.name, nextOffset]))
    this.#noteTime(changes.findLast(({ column, key }) => column === systemColumn && key.equals(positionKey))?.value)
    this.#sweeper.noteWrites(changes)
    await this.#opened.db.write([
      ...(await this.#sweeper.sweep(this.#streamTimeMs)),
      ...changes,
      ...systemChanges({ changelogOffsets }),
    ])
  }

  /** Retention follows the owner's stream time here as there. */
  #noteTime(position: Buffer | null | undefined): void {
    if (position) this.#streamTimeMs = decodePosition(position).streamTimeMs
  }
}
