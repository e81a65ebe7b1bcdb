import type { StateCache } from './cache.ts'
import type { Entry, StateDb } from './engine.ts'
import { KeyFilter } from './key-filter.ts'
import { windowKeyOf } from './keys.ts'
import { type ExpiringStoreDef, expiredBefore, timeOfEntry } from './retention.ts'
import { loggedKey } from './window-segments.ts'

const zeroByte = Buffer.alloc(1)
const visitsPerBatch = 4_000

/**
 * Which keys a store that forgets has in its database, as far as one can tell without looking: what was there when the task
 * opened it is visited a stretch a batch, and until that is done any key may be there.
 */
export class StoredKeys {
  readonly #def: ExpiringStoreDef
  readonly #db: StateDb
  readonly #cache: StateCache
  readonly #filter = new KeyFilter()
  /** Where to go on; `undefined` when all was visited. */
  #cursor: Buffer | undefined = Buffer.alloc(0)

  constructor(def: ExpiringStoreDef, { db, cache }: { readonly db: StateDb; readonly cache: StateCache }) {
    this.#def = def
    this.#db = db
    this.#cache = cache
  }

  /** False only when the database has nothing of the key that can still be seen. */
  mayHave(key: string): boolean {
    return this.#cursor !== undefined || this.#filter.mayHave(key)
  }

  get isComplete(): boolean {
    return this.#cursor === undefined
  }

  /** Takes note of what is going to be in the database, before it is written there. */
  add(key: string, timeMs: number): void {
    this.#filter.add(key, timeMs)
  }

  /** The database has all up to this stream time: it will not go back behind it. */
  settle(streamTimeMs: number): void {
    this.#filter.forgetBefore(expiredBefore(this.#def, streamTimeMs))
  }

  /** Visits a stretch of what was there at the start. */
  async visit(): Promise<void> {
    const cursor = this.#cursor
    if (cursor === undefined) return
    const [entries = []] = await this.#cache.reading(
      this.#db.getRanges(this.#def.name, [{ gte: cursor, limit: visitsPerBatch }]),
    )
    for (const entry of entries) this.add(this.#keyOf(entry), timeOfEntry(this.#def, entry))
    if (this.#cursor !== cursor) return
    this.#cursor = entries.length < visitsPerBatch ? undefined : Buffer.concat([entries.at(-1)!.key, zeroByte])
  }

  #keyOf({ key }: Entry): string {
    return this.#def.kind === 'window' ? windowKeyOf(loggedKey(key)) : key.toString('utf8')
  }
}
