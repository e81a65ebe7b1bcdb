import { CacheEntry, type StateCache } from './cache.ts'
import type { StateDb } from './engine.ts'
import { type Journal, type StoreState, Write } from './journal.ts'
import { keyBytes, timestampOf, wellFormed } from './keys.ts'
import { type PackedBytes, pack, unpack } from './packed-bytes.ts'
import type { StoredKeys } from './stored-keys.ts'

export interface KeyedValuesOptions<T> {
  readonly db: StateDb
  readonly journal: Journal
  readonly cache: StateCache
  readonly read: (bytes: Buffer) => T
  /** Of a store that forgets: spares it reads of keys that are not there. */
  readonly stored?: StoredKeys
}

// Estimates: a key with its place in maps, and a value as an object.
const keyCost = 250
const valueCost = (bytes: Buffer | null): number => (bytes === null ? 0 : 100 + 3 * bytes.length)

/** What a key holds, as the newest write left it: nothing, bytes, or the value that was read from them. */
class KeyedValue<T> extends CacheEntry {
  readonly key: string
  readonly #owner: { forget(value: KeyedValue<T>): void }
  /** `undefined` once the value was read; packed when its batch is over. */
  bytes: Buffer | PackedBytes | null | undefined
  value: T | undefined
  /** This buffer's write. */
  write: Write | undefined
  /** Earlier buffers' writes that the database does not have yet. */
  onTheWay = 0
  /** Somebody found it here, other than the batch that put it where nothing was. */
  isWanted = false

  constructor(key: string, bytes: Buffer | null, owner: { forget(value: KeyedValue<T>): void }) {
    super(keyCost + key.length + valueCost(bytes))
    this.key = key
    this.bytes = bytes
    this.#owner = owner
  }

  get isUnsettled(): boolean {
    return this.write !== undefined || this.onTheWay > 0
  }

  forget(): void {
    this.#owner.forget(this)
  }
}

/**
 * Values by key, as the newest write left them or the database has them, absence included. What was read or written stays
 * in the task's cache; a value is read from its bytes at most once while it is there.
 */
export class KeyedValues<T> implements StoreState {
  readonly #name: string
  readonly #db: StateDb
  readonly #journal: Journal
  readonly #cache: StateCache
  readonly #read: (bytes: Buffer) => T
  readonly #stored: StoredKeys | undefined
  #wishes = new Set<string>()
  #held = new Map<string, KeyedValue<T>>()
  #written: KeyedValue<T>[] = []
  /** Values whose writes are on their way to the database, by the batch. */
  #onTheWay: (readonly KeyedValue<T>[])[] = []

  constructor({ name }: { readonly name: string }, { db, journal, cache, read, stored }: KeyedValuesOptions<T>) {
    this.#name = name
    this.#stored = stored
    this.#db = db
    this.#journal = journal
    this.#cache = cache
    this.#read = read
  }

  get(anyKey: string): T | undefined {
    const key = wellFormed(anyKey)
    let held = this.#held.get(key)
    if (held === undefined) {
      if (this.#stored?.mayHave(key) === false) return undefined
      held = this.#hold(key, this.#db.getSync(this.#name, keyBytes(key)) ?? null)
    }
    const { bytes } = held
    if (bytes === null) return undefined
    if (bytes !== undefined) {
      held.value = this.#read(typeof bytes === 'string' ? unpack(bytes) : bytes)
      held.bytes = undefined
    }
    return held.value
  }

  set(anyKey: string, bytes: Buffer | null): void {
    const key = wellFormed(anyKey)
    let held = this.#held.get(key)
    if (bytes !== null) this.#stored?.add(key, timestampOf(bytes))
    if (held === undefined && this.#stored !== undefined) {
      held = new KeyedValue<T>(key, bytes, this)
      this.#held.set(key, held)
    } else if (held === undefined) held = this.#hold(key, bytes)
    else {
      held.bytes = bytes
      held.value = undefined
      this.#cache.resize(held, keyCost + key.length + valueCost(bytes))
      this.#cache.use(held)
    }
    if (held.write !== undefined) held.write.value = bytes
    else {
      held.write = this.#journal.add(new Write(this.#name, keyBytes(key), bytes))
      this.#written.push(held)
    }
  }

  wish(anyKey: string): void {
    const key = wellFormed(anyKey)
    const held = this.#held.get(key)
    if (held !== undefined) {
      held.isWanted = true
      this.#use(held)
    } else if (this.#stored?.mayHave(key) !== false) this.#wishes.add(key)
  }

  async load(): Promise<void> {
    await this.#stored?.visit()
    const into = this.#held
    const missing = [...this.#wishes]
    this.#wishes = new Set()
    if (missing.length === 0) return
    const values = await this.#cache.reading(this.#db.getMany(this.#name, missing.map(keyBytes)))
    // After a discard nothing may be taken for known that was read before it.
    if (this.#held !== into) return
    for (const [n, key] of missing.entries()) if (!into.has(key)) this.#hold(key, values[n] ?? null)
  }

  drained(): void {
    for (const held of this.#written) {
      held.write = undefined
      held.onTheWay++
      if (held.bytes instanceof Buffer) held.bytes = pack(held.bytes)
    }
    this.#onTheWay.push(this.#written)
    this.#written = []
  }

  applied(): void {
    for (const held of this.#onTheWay.shift()!) {
      held.onTheWay--
      if (held.isWanted || held.isUnsettled) continue
      // A new key is hardly asked for soon, and the filter tells all others: it leaves its place to others.
      if (this.#cache.isReading) this.#use(held)
      else {
        this.#cache.remove(held)
        this.forget(held)
      }
    }
  }

  settle(streamTimeMs: number): void {
    this.#stored?.settle(streamTimeMs)
  }

  discard(): void {
    this.#wishes = new Set()
    this.#held = new Map()
    this.#written = []
    this.#onTheWay = []
  }

  forget({ key }: KeyedValue<T>): void {
    this.#held.delete(key)
  }

  #hold(key: string, bytes: Buffer | null): KeyedValue<T> {
    const held = new KeyedValue<T>(key, bytes, this)
    held.isWanted = true
    this.#held.set(key, held)
    this.#use(held)
    return held
  }

  #use(held: KeyedValue<T>): void {
    held.batch = this.#cache.batch
    this.#cache.use(held)
  }
}
