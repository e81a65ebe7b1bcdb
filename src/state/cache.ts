/** Entries that are looked at in one go: with all of them the pause would grow with the cache. */
const mostVisits = 20_000
/** At so many when the last looks found hardly anything that may ever go, and at some more for each that is new. */
const leastVisits = 256
const visitsPerNew = 4
const mostlyUnsettled = 15 / 16

/**
 * What a task keeps of its stores in memory across batches, bounded in bytes. What nobody used since the last time round
 * goes first (a clock, which unlike a list in order of use touches no other entry's memory at each use). The bound is on an
 * estimate, and counts between batches: what the batch in hand asked for and what is not in the database yet stays, however
 * much it is.
 */
export class StateCache {
  readonly #limitBytes: number
  #entries: CacheEntry[] = []
  #hand = 0
  #visits = mostVisits
  /** Taken in since the last look. */
  #new = 0
  #bytes = 0
  /** Reads of the database that are not answered yet. */
  #reads = 0
  /** What entries hold that is not in the database, by what was drained; it cannot go, and is bounded elsewhere. */
  #unsettled: number[] = []
  #unsettledBytes = 0
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

  /** Takes note that somebody uses the entry; a new one is taken in. */
  use(entry: CacheEntry): void {
    entry.isUsed = true
    if (entry.place >= 0) return
    entry.place = this.#entries.length
    this.#entries.push(entry)
    this.#new++
    this.#bytes += entry.sizeBytes
  }

  resize(entry: CacheEntry, sizeBytes: number): void {
    if (entry.place >= 0) this.#bytes += sizeBytes - entry.sizeBytes
    entry.sizeBytes = sizeBytes
  }

  remove(entry: CacheEntry): void {
    const { place } = entry
    if (place < 0) return
    const last = this.#entries.pop()!
    if (last !== entry) {
      this.#entries[place] = last
      last.place = place
    }
    entry.place = -1
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

  /** So much of what was drained stays in entries until the database has it. */
  drained(unsettledBytes: number): void {
    this.#unsettled.push(unsettledBytes)
    this.#unsettledBytes += unsettledBytes
  }

  /** The database has the first of what was drained. */
  applied(): void {
    this.#unsettledBytes -= this.#unsettled.shift() ?? 0
  }

  /** Lets go what is beyond the bound, as far as a look at some of the entries finds it. */
  evict(): void {
    if (this.isReading) return
    const limitBytes = this.#limitBytes + this.#unsettledBytes
    if (this.#bytes <= limitBytes) return
    // Twice round: the first may only find out that all are used.
    const visits = Math.min(this.#visits + visitsPerNew * this.#new, 2 * this.#entries.length)
    this.#new = 0
    let unsettled = 0
    for (let left = visits; left > 0 && this.#bytes > limitBytes; left--) {
      if (this.#hand >= this.#entries.length) this.#hand = 0
      const entry = this.#entries[this.#hand]!
      const { isUnsettled } = entry
      if (isUnsettled) unsettled++
      if (entry.isUsed || isUnsettled || entry.batch === this.batch) {
        if (!entry.isUsed && entry.batch !== this.batch) entry.shrink()
        entry.isUsed = false
        this.#hand++
      } else {
        this.remove(entry)
        entry.forget()
      }
    }
    // What waits for the database cannot go: to look at all of it each time would cost more than it brings. But the hand must go
    // round faster than new entries come, or it never meets those that no longer wait.
    const isStuck = unsettled > visits * mostlyUnsettled
    this.#visits = isStuck ? Math.max(leastVisits, this.#visits >> 1) : mostVisits
  }

  /** Empty from now on. */
  clear(): void {
    for (const entry of this.#entries) entry.place = -1
    this.#entries = []
    this.#bytes = 0
    this.#unsettled = []
    this.#unsettledBytes = 0
    this.batch++
  }
}

/** One key of a store. */
export abstract class CacheEntry {
  /** Where the cache has it; -1 when it has not. */
  place = -1
  isUsed = false
  sizeBytes: number
  /** The last batch that asked for it. */
  batch = -1

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes
  }

  /** True while it holds what is not in the database. */
  abstract get isUnsettled(): boolean

  /** Of an entry that cannot go yet: lets go what the database has, too, as far as that is worth while. */
  shrink(): void {}

  /** The store is to know nothing of it any more. */
  abstract forget(): void
}
