import { StateStoreError } from '../errors.ts'
import type { PackedSerde } from '../record/serde.ts'
import type { StateCache } from './cache.ts'
import type { StateDb } from './engine.ts'
import type { Journal, StoreState } from './journal.ts'
import { type HandleOwner, KeyHandle } from './key-handle.ts'
import { KeyRows, type RowsOwner } from './key-rows.ts'
import { wellFormed } from './keys.ts'
import { MissingRows } from './missing-rows.ts'
import { packedSerde } from './packed-bytes.ts'
import { PendingRows } from './pending-rows.ts'
import { PendingWalk } from './pending-walk.ts'
import { expiredBefore } from './retention.ts'
import { RowWalk, type WalkSpan } from './row-walk.ts'
import { SpanTable } from './span-table.ts'
import type { StoredKeys } from './stored-keys.ts'
import type { WindowEntry, WindowRows, WindowStore, WindowStoreDef } from './stores.ts'
import { WindowColumn } from './window-column.ts'

export interface WindowStoreOptions {
  readonly db: StateDb
  readonly journal: Journal
  readonly cache: StateCache
  readonly streamTimeMs: () => number
  readonly stored: StoredKeys
}

const none: readonly never[] = []

/**
 * Hides what is past its retention whether or not a sweep has been there, so that sweeps change no result. Reads cost
 * what they return, not what the window holds. Rows of keys that the database has stay in the task's cache, with the span of time in
 * which they are all there are: what lies there is not read again. Of other keys all rows wait for the database, and are read where
 * they lie.
 */
export class BufferedWindowStore<V> implements WindowStore<V>, StoreState, RowsOwner, HandleOwner {
  readonly #def: WindowStoreDef<V>
  readonly #serde: PackedSerde<V>
  readonly #cache: StateCache
  readonly #streamTimeMs: () => number
  readonly #column: WindowColumn
  readonly #pending: PendingRows
  readonly #missing: MissingRows
  #keys = new Map<string, KeyRows>()
  #spans = new SpanTable()
  /** Those of the cache's batch with this number. */
  #handles = new Map<string, KeyHandle>()
  #handlesBatch = -1
  /** What was put last, and its number: sequences over the same events all keep them. */
  #lastPut: WindowEntry<V> | undefined
  #lastNumber = 0
  /** Counts the batches of this store, from 1. */
  #batch = 1
  #appliedBatch = 0

  constructor(def: WindowStoreDef<V>, { db, journal, cache, streamTimeMs, stored }: WindowStoreOptions) {
    this.#def = def
    this.#serde = packedSerde(def.serde)
    this.#cache = cache
    this.#streamTimeMs = streamTimeMs
    this.#column = new WindowColumn(def, { db, journal, stored, cachedIn: undefined })
    this.#pending = new PendingRows(this.#column.open)
    this.#missing = new MissingRows({ db, name: def.name, cache, column: this.#column })
  }

  get batch(): number {
    return this.#batch
  }

  get appliedBatch(): number {
    return this.#appliedBatch
  }

  get spans(): SpanTable {
    return this.#spans
  }

  at(key: string): WindowRows<V> {
    return this.#handleOf(wellFormed(key)) as WindowRows<V>
  }

  put(key: string, entry: WindowEntry<V>): void {
    this.putInto(this.#handleOf(wellFormed(key)), entry)
  }

  fetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.fetchFrom(this.#handleOf(wellFormed(key)), fromMs, toMs)
  }

  backwardFetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.backwardFetchFrom(this.#handleOf(wellFormed(key)), fromMs, toMs)
  }

  wish(key: string, fromMs: number, toMs: number): WindowRows<V> {
    const handle = this.#handleOf(wellFormed(key))
    this.wishFor(handle, fromMs, toMs)
    return handle as WindowRows<V>
  }

  putInto(known: KeyHandle, entry: WindowEntry<V>): void {
    const handle = this.#current(known)
    if (this.#isPut(handle, entry)) return
    const packed = this.#serde.serialize(entry.value)
    if (this.#column.isFull) this.seal()
    const at = this.#column.add(handle.key, entry, packed)
    this.#pending.add(handle.hash, at, entry.timeMs)
    const { held } = handle
    if (held === undefined) return
    this.#cache.use(held)
    held.add(entry, packed, this.#batch)
    if (held.isLong) held.trim(this.#cache.batch, expiredBefore(this.#def, this.#streamTimeMs()))
    this.#cache.resize(held, held.heldBytes)
  }

  fetchFrom(known: KeyHandle, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.#walk(this.#current(known), { fromMs: this.#clamp(fromMs), toMs, step: 1 })
  }

  backwardFetchFrom(known: KeyHandle, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.#walk(this.#current(known), { fromMs: this.#clamp(fromMs), toMs, step: -1 })
  }

  wishFor(known: KeyHandle, askedFromMs: number, toMs: number): void {
    const fromMs = this.#clamp(askedFromMs)
    if (fromMs > toMs) return
    const handle = this.#current(known)
    let { held } = handle
    if (held === undefined) {
      if (handle.isAsked || !this.#column.mayHave(handle.key)) return handle.note(fromMs, toMs)
      held = this.#enter(handle)
    }
    this.#cache.use(held)
    held.note(fromMs, toMs, this.#cache.batch)
    if (held.isComplete) return
    if (this.#column.mayHave(handle.key)) this.#missing.add(held)
    else held.knowAll()
  }

  hold(handle: KeyHandle): void {
    if (handle.held !== undefined) return
    const held = this.#enter(handle)
    held.note(handle.fromMs, handle.toMs, this.#cache.batch)
    held.knowAll()
  }

  async load(): Promise<void> {
    await this.#column.load()
    await this.#missing.load(this.#streamTimeMs())
  }

  seal(): void {
    const page = this.#column.seal()
    if (page !== undefined) this.#pending.seal(page)
  }

  drained(): void {
    this.#batch++
    this.#pending.drained()
    this.#lastPut = undefined
  }

  applied(): void {
    if (this.#handlesBatch === this.#cache.batch) this.#holdStored()
    this.#appliedBatch++
    this.#pending.applied()
  }

  settle(streamTimeMs: number): void {
    this.#column.settle(streamTimeMs)
  }

  discard(): void {
    this.#missing.discard()
    this.#handles = new Map()
    this.#keys = new Map()
    this.#spans = new SpanTable()
    this.#lastPut = undefined
    this.#column.discard()
    this.#pending.clear()
    this.#appliedBatch = this.#batch - 1
  }

  forget({ key }: KeyRows): void {
    this.#keys.delete(key)
  }

  /** Keeps the rows that are about to be found in the database of keys that were asked for when it had none of them. */
  #holdStored(): void {
    for (const handle of this.#handles.values())
      if (handle.isAsked && handle.held === undefined && this.#column.mayHave(handle.key)) this.hold(handle)
  }

  #handleOf(key: string): KeyHandle {
    const { batch } = this.#cache
    if (this.#handlesBatch !== batch) {
      this.#handles = new Map()
      this.#handlesBatch = batch
    }
    const known = this.#handles.get(key)
    if (known !== undefined) return known
    const handle = new KeyHandle(key, batch, this)
    handle.held = this.#keys.get(key)
    this.#handles.set(key, handle)
    return handle
  }

  /** The key's handle that counts: another batch's may have been kept. */
  #current(known: KeyHandle): KeyHandle {
    return known.batch === this.#cache.batch ? known : this.#handleOf(known.key)
  }

  /** Whether the same was just put there; takes note of it. */
  #isPut(handle: KeyHandle, entry: WindowEntry<V>): boolean {
    const last = this.#lastPut
    if (last?.value !== entry.value || last.offset !== entry.offset || last.timeMs !== entry.timeMs) {
      this.#lastPut = entry
      this.#lastNumber++
    } else if (handle.lastPut === this.#lastNumber) return true
    handle.lastPut = this.#lastNumber
    return false
  }

  /** The cache holds the key from now on, with its rows of those that wait for the database. */
  #enter(handle: KeyHandle): KeyRows {
    const held = new KeyRows(handle.key, this.#pending.rowsOf(handle, this.#batch), this)
    this.#cache.use(held)
    this.#keys.set(handle.key, held)
    handle.held = held
    return held
  }

  #clamp(fromMs: number): number {
    return Math.max(fromMs, expiredBefore(this.#def, this.#streamTimeMs()))
  }

  #walk(handle: KeyHandle, span: WalkSpan): Iterable<WindowEntry<V>> {
    const { fromMs, toMs } = span
    if (fromMs > toMs) return none
    const { key, held } = handle
    if (!(held?.answers(fromMs, toMs, this.#cache.batch) ?? handle.answers(fromMs, toMs))) {
      throw new StateStoreError(
        'store-not-prefetched',
        `store ${this.#def.name} was not asked for ${key} from ${fromMs} to ${toMs}; ask in the operator's prefetch`,
      )
    }
    return held === undefined
      ? new PendingWalk(this.#pending, handle, span, this.#serde)
      : new RowWalk(held.rows, span, this.#serde)
  }
}
