import { StateStoreError } from '../errors.ts'
import type { PackedSerde } from '../record/serde.ts'
import type { StateCache } from './cache.ts'
import type { Entry, StateDb } from './engine.ts'
import type { Journal, StoreState } from './journal.ts'
import { type HistoryOwner, KeyHistory } from './key-history.ts'
import { wellFormed, windowOffsetOf, windowTimeOf } from './keys.ts'
import { packedSerde } from './packed-bytes.ts'
import { expiredBefore } from './retention.ts'
import type { StoredKeys } from './stored-keys.ts'
import type {
  HeldHistory,
  History,
  HistoryRequest,
  HistoryStore,
  HistoryStoreDef,
  WindowEntry,
  WindowStoreDef,
} from './stores.ts'
import { WindowColumn } from './window-column.ts'

export interface HistoryStoreOptions {
  readonly db: StateDb
  readonly journal: Journal
  readonly cache: StateCache
  readonly streamTimeMs: () => number
  readonly stored: StoredKeys
}

/**
 * Holds the histories of the keys used last in the task's cache, and reads others from the database whole. What is not in the
 * database yet stays in memory, the rest of a history that nobody uses need not: so entries are held once, in the reader's form.
 */
export class BufferedHistoryStore<V> implements HistoryStore<V>, StoreState, HistoryOwner<V> {
  readonly #def: WindowStoreDef<V>
  readonly #serde: PackedSerde<V>
  readonly #db: StateDb
  readonly #cache: StateCache
  readonly #streamTimeMs: () => number
  readonly #column: WindowColumn
  #wishes = new Set<KeyHistory<V>>()
  #keys = new Map<string, KeyHistory<V>>()
  /** The highest offset that was put, in all batches so far and up to the end of each that the database does not have. */
  #putOffset = -1
  #onTheWay: number[] = []
  #appliedOffset = -1

  constructor(def: HistoryStoreDef<V>, { db, journal, cache, streamTimeMs, stored }: HistoryStoreOptions) {
    this.#def = def
    this.#serde = packedSerde(def.serde)
    this.#db = db
    this.#cache = cache
    this.#streamTimeMs = streamTimeMs
    this.#column = new WindowColumn(def, { db, journal, stored, cachedIn: 'histories' })
  }

  get appliedOffset(): number {
    return this.#appliedOffset
  }

  at(key: string): HeldHistory<V, History<V>> {
    const held = this.#keys.get(wellFormed(key))
    if (held !== undefined && this.#isReady(held)) return held
    throw this.#notPrefetched(key)
  }

  wish<H extends History<V>>({ key: anyKey, sinceMs, make }: HistoryRequest<V, H>): HeldHistory<V, H> {
    const key = wellFormed(anyKey)
    let held = this.#keys.get(key)
    if (held === undefined) {
      held = new KeyHistory<V>(key, make(), this)
      this.#keys.set(key, held)
      this.resize(held)
    }
    held.batch = this.#cache.batch
    this.#cache.use(held)
    if (!held.isWhole) {
      held.sinceMs = Math.min(held.sinceMs, sinceMs)
      this.#wishes.add(held)
    }
    return held as unknown as HeldHistory<V, H>
  }

  putInto(held: KeyHistory<V>, { timeMs, offset, value }: WindowEntry<V>): void {
    if (!this.#isReady(held)) throw this.#notPrefetched(held.key)
    const packed = this.#serde.serialize(value)
    if (this.#column.isFull) this.seal()
    this.#column.add(held.key, { timeMs, offset }, packed)
    if (offset > held.putOffset) held.putOffset = offset
    if (offset > this.#putOffset) this.#putOffset = offset
    held.history.add(timeMs, offset, value)
    this.resize(held)
  }

  async load(): Promise<void> {
    await this.#column.load()
    const wishes = [...this.#wishes]
    this.#wishes = new Set()
    const missing = wishes.filter(({ key }) => this.#column.mayHave(key))
    const into = this.#keys
    const entries = await this.#read(missing)
    // After a discard nothing may be taken for known that was read before it.
    if (this.#keys !== into) return
    for (const [n, { history }] of missing.entries()) {
      for (const { key, value } of entries[n]!)
        history.add(windowTimeOf(key), windowOffsetOf(key), this.#def.serde.deserialize(value))
    }
    for (const held of wishes) {
      held.isWhole = true
      this.resize(held)
    }
  }

  seal(): void {
    this.#column.seal()
  }

  drained(): void {
    this.#onTheWay.push(this.#putOffset)
  }

  applied(): void {
    this.#appliedOffset = this.#onTheWay.shift()!
  }

  settle(streamTimeMs: number): void {
    this.#column.settle(streamTimeMs)
  }

  discard(): void {
    this.#wishes = new Set()
    this.#keys = new Map()
    this.#column.discard()
    this.#onTheWay = []
    this.#putOffset = this.#appliedOffset
  }

  forget({ key }: KeyHistory<V>): void {
    this.#keys.delete(key)
  }

  resize(held: KeyHistory<V>): void {
    this.#cache.resize(held, held.heldBytes)
  }

  /** What the database has of each key, in no order. */
  async #read(missing: readonly KeyHistory<V>[]): Promise<readonly (readonly Entry[])[]> {
    if (missing.length === 0) return []
    const expiredMs = expiredBefore(this.#def, this.#streamTimeMs())
    const ranges = missing.map(({ key, sinceMs }) =>
      this.#column.rangesOf(key, Math.max(sinceMs, expiredMs), Number.POSITIVE_INFINITY),
    )
    const answers = await this.#cache.reading(this.#db.getRanges(this.#def.name, ranges.flat()))
    let at = 0
    return ranges.map(({ length }) => {
      at += length
      return answers.slice(at - length, at).flat()
    })
  }

  /** Whether the batch in hand asked for it, and it was read. */
  #isReady({ batch, isWhole }: KeyHistory<V>): boolean {
    return isWhole && batch === this.#cache.batch
  }

  #notPrefetched(key: string): StateStoreError {
    return new StateStoreError(
      'store-not-prefetched',
      `store ${this.#def.name} was not asked for ${key}; ask in the operator's prefetch`,
    )
  }
}
