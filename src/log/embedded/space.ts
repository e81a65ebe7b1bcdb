import type { KeyRange, LogDatabase } from './database.ts'

/** Less is left to the database, which reclaims it when it merges its files anyway. */
export const worthwhileBytes = 8 * 1024 * 1024

/** Gives disk space back that deleted and overwritten rows take, one range after the other, beside the log's work. */
export class SpaceReclaimer {
  readonly #db: LogDatabase
  #work: Promise<void> = Promise.resolve()
  #queued = 0
  #stopped = false

  constructor(db: LogDatabase) {
    this.#db = db
  }

  /** For a range in which nothing is left. */
  reclaimDeleted({ gte, lt }: KeyRange): void {
    this.#enqueue(async () => {
      const bytes = (await this.#db.approximateSize?.(gte, lt)) ?? 0
      if (bytes >= worthwhileBytes) await this.#db.compactRange?.(gte, lt)
    })
  }

  /** For ranges of which much was rewritten. @returns false when the database is still at others: ask again later */
  reclaimRewritten(ranges: readonly KeyRange[]): boolean {
    if (this.#queued > 0) return false
    for (const { gte, lt } of ranges) this.#enqueue(async () => this.#db.compactRange?.(gte, lt))
    return true
  }

  /** Finishes the range in hand and leaves the rest. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#work
  }

  #enqueue(task: () => Promise<void>): void {
    this.#queued++
    this.#work = this.#work.then(async () => {
      // A failure costs space only; whatever ails the disk, the next write or read reports it.
      if (!this.#stopped) await task().catch(() => {})
      this.#queued--
    })
  }
}
