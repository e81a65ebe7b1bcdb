import { CacheEntry } from './cache.ts'
import type { HeldHistory, History, WindowEntry } from './stores.ts'

// An estimate: a key with its place in maps.
const keyCost = 350

/** What a key's history asks of its store. */
export interface HistoryOwner<V> {
  /** The database has all that was put at offsets up to this. */
  readonly appliedOffset: number
  forget(held: KeyHistory<V>): void
  putInto(held: KeyHistory<V>, entry: WindowEntry<V>): void
  resize(held: KeyHistory<V>): void
}

/** A key's history in memory. */
export class KeyHistory<V> extends CacheEntry implements HeldHistory<V, History<V>> {
  readonly key: string
  readonly history: History<V>
  readonly #owner: HistoryOwner<V>
  /** From when on entries are to be read, unless it is whole. */
  sinceMs = Number.POSITIVE_INFINITY
  /** Whether all entries are there that somebody may ask for. */
  isWhole = false
  /** Of the last entry that was put. */
  putOffset = -1

  constructor(key: string, history: History<V>, owner: HistoryOwner<V>) {
    super(0)
    this.key = key
    this.history = history
    this.#owner = owner
  }

  /** An estimate. */
  get heldBytes(): number {
    return keyCost + 2 * this.key.length + this.history.heldBytes
  }

  get isUnsettled(): boolean {
    return this.putOffset > this.#owner.appliedOffset
  }

  put(entry: WindowEntry<V>): void {
    this.#owner.putInto(this, entry)
  }

  override shrink(): void {
    if (!this.isWhole || !this.history.keepAfter(this.#owner.appliedOffset)) return
    this.isWhole = false
    this.sinceMs = Number.POSITIVE_INFINITY
    this.#owner.resize(this)
  }

  forget(): void {
    this.#owner.forget(this)
  }
}
