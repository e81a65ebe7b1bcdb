/**
 * What a task keeps of its stores in memory across batches, bounded in bytes: entries that were asked for longest ago go
 * first. The bound is on an estimate, and counts between batches: what the batch in hand asked for and what is not in the
 * database yet stays, however much it is.
 */
export class StateCache {
  readonly #limitBytes: number
  readonly #newest = new Sentinel()
  #bytes = 0
  /** Reads of the database that are not answered yet. */
  #reads = 0
  /** Counts the task's batches. */
  batch = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** True while an answer of the database may be older than what is here: nothing may go until it is merged. */
  get isReading(): boolean {
    return this.#reads > 0
  }

  /** Makes the entry the last that goes; a new one is taken in. */
  touch(entry: CacheEntry): void {
    const newest = this.#newest
    if (newest.older === entry) return
    if (entry.isLinked) entry.unlink()
    else this.#bytes += entry.sizeBytes
    entry.linkBehind(newest)
  }

  resize(entry: CacheEntry, byBytes: number): void {
    entry.sizeBytes += byBytes
    if (entry.isLinked) this.#bytes += byBytes
  }

  remove(entry: CacheEntry): void {
    if (!entry.isLinked) return
    entry.unlink()
    this.#bytes -= entry.sizeBytes
  }

  /** Waits for a read of the database. */
  async reading<T>(read: Promise<T>): Promise<T> {
    this.#reads++
    try {
      return await read
    } finally {
      this.#reads--
    }
  }

  /** Lets go what is beyond the bound. */
  evict(): void {
    if (this.isReading) return
    while (this.#bytes > this.#limitBytes) {
      const oldest = this.#newest.newer
      // Those that were asked for later are needed too.
      if (oldest === this.#newest || oldest.isUnsettled || oldest.batch === this.batch) return
      this.remove(oldest)
      oldest.forget()
    }
  }

  /** Empty from now on; entries that others hold have no place in it any more. */
  clear(): void {
    this.#newest.newer = this.#newest
    this.#newest.older = this.#newest
    this.#bytes = 0
    this.batch++
  }
}

/** One key of a store, in a ring of all entries by when they were last asked for. */
export abstract class CacheEntry {
  newer: CacheEntry = this
  older: CacheEntry = this
  sizeBytes: number
  /** The last batch that asked for it. */
  batch = -1

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes
  }

  /** True while it holds what is not in the database. */
  abstract get isUnsettled(): boolean

  /** The store is to know nothing of it any more. */
  abstract forget(): void

  get isLinked(): boolean {
    return this.newer !== this
  }

  linkBehind(newest: CacheEntry): void {
    this.newer = newest
    this.older = newest.older
    newest.older.newer = this
    newest.older = this
  }

  unlink(): void {
    this.newer.older = this.older
    this.older.newer = this.newer
    this.newer = this
    this.older = this
  }
}

/** Where the ring begins and ends. */
class Sentinel extends CacheEntry {
  readonly isUnsettled = true

  constructor() {
    super(0)
  }

  forget(): void {}
}
