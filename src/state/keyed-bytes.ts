import type { StateDb } from './engine.ts'
import type { Journal, StoreState, Write } from './journal.ts'
import { keyBytes, wellFormed } from './keys.ts'

/**
 * Values as bytes by key, in layers: this buffer's writes, then what was loaded, then writes on their way to the
 * database, then the database. What is loaded includes what is on its way, so that it stays right when that arrives.
 */
export class KeyedBytes implements StoreState {
  readonly #name: string
  readonly #db: StateDb
  readonly #journal: Journal
  #wishes = new Set<string>()
  #written = new Map<string, Write>()
  #loaded = new Map<string, Buffer | null>()
  #onTheWay = new Map<string, Write>()

  constructor(name: string, db: StateDb, journal: Journal) {
    this.#name = name
    this.#db = db
    this.#journal = journal
  }

  get(anyKey: string): Buffer | null {
    const key = wellFormed(anyKey)
    const write = this.#written.get(key)
    if (write !== undefined) return write.value
    const known = this.#known(key)
    if (known !== undefined) return known
    const value = this.#db.getSync(this.#name, keyBytes(key)) ?? null
    this.#loaded.set(key, value)
    return value
  }

  set(anyKey: string, value: Buffer | null): void {
    const key = wellFormed(anyKey)
    const write = this.#written.get(key)
    if (write !== undefined) write.value = value
    else this.#written.set(key, this.#journal.add({ store: this.#name, key: keyBytes(key), value }))
  }

  wish(key: string): void {
    this.#wishes.add(wellFormed(key))
  }

  async load(): Promise<void> {
    const into = this.#loaded
    const missing: string[] = []
    for (const key of this.#wishes) {
      const known = this.#known(key)
      if (known === undefined) missing.push(key)
      else into.set(key, known)
    }
    this.#wishes = new Set()
    if (missing.length === 0) return
    const values = await this.#db.getMany(this.#name, missing.map(keyBytes))
    // A batch that ended meanwhile took its loaded values with it.
    for (const [n, key] of missing.entries()) into.set(key, values[n] ?? null)
  }

  drained(): void {
    this.#onTheWay = this.#written
    this.#written = new Map()
    this.#loaded = new Map()
  }

  applied(): void {
    this.#onTheWay = new Map()
  }

  discard(): void {
    this.#wishes = new Set()
    this.#written = new Map()
    this.#loaded = new Map()
    this.#onTheWay = new Map()
  }

  /** What is loaded or on its way to the database; `undefined` when only the database can tell. */
  #known(key: string): Buffer | null | undefined {
    const loaded = this.#loaded.get(key)
    return loaded === undefined ? this.#onTheWay.get(key)?.value : loaded
  }
}
