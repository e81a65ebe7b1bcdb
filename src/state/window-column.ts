import type { KeyRange, StateDb } from './engine.ts'
import type { CacheName, Journal } from './journal.ts'
import type { PackedBytes } from './packed-bytes.ts'
import type { StoredKeys } from './stored-keys.ts'
import type { WindowStoreDef } from './stores.ts'
import { type OpenPage, WindowPage, WindowPageWriter } from './window-page.ts'
import type { RowAt } from './window-rows.ts'
import { WindowSegments } from './window-segments.ts'

export interface WindowColumnOptions {
  readonly db: StateDb
  readonly journal: Journal
  readonly stored: StoredKeys
  /** See `Write`. */
  readonly cachedIn: CacheName | undefined
}

/** The rows of a window store in its changelog and its database, in whatever form the store has them in memory. */
export class WindowColumn {
  readonly #def: WindowStoreDef<unknown>
  readonly #journal: Journal
  readonly #stored: StoredKeys
  readonly #cachedIn: CacheName | undefined
  readonly #segments: WindowSegments
  readonly #writer = new WindowPageWriter()

  constructor(def: WindowStoreDef<unknown>, { db, journal, stored, cachedIn }: WindowColumnOptions) {
    this.#def = def
    this.#journal = journal
    this.#stored = stored
    this.#cachedIn = cachedIn
    this.#segments = new WindowSegments(def, db)
  }

  /** Finds out, a stretch a batch, what is there. */
  async load(): Promise<void> {
    await this.#segments.load()
    await this.#stored.visit()
  }

  /** False only when the database has nothing of the key that can still be seen. */
  mayHave(key: string): boolean {
    return this.#stored.mayHave(key)
  }

  /** Where the database has the rows of a key from `fromMs` to `toMs`, both inclusive: a range a segment. */
  rangesOf(key: string, fromMs: number, toMs: number): KeyRange[] {
    return this.#segments.rangesOf(key, fromMs, toMs)
  }

  /** Where rows lie until they are sealed. */
  get open(): OpenPage {
    return this.#writer
  }

  /** Whether the open page is to be sealed before another row comes. */
  get isFull(): boolean {
    return this.#writer.isFull
  }

  /** Returns where in the open page the row begins. @throws RangeError when time or offset are no whole numbers; then nothing was added */
  add(key: string, row: RowAt, value: PackedBytes): number {
    return this.#writer.add(key, row, value)
  }

  /** Puts the open page, if it has rows, into the journal, and returns it. */
  seal(): Buffer | undefined {
    if (this.#writer.isEmpty) return undefined
    const target = { segments: this.#segments, stored: this.#stored, cachedIn: this.#cachedIn }
    return this.#journal.add(new WindowPage(this.#def, this.#writer, target)).page
  }

  /** The database has all up to this stream time, which will not go back behind it. */
  settle(streamTimeMs: number): void {
    this.#stored.settle(streamTimeMs)
    this.#segments.settle(streamTimeMs)
  }

  /** Forgets the open page. */
  discard(): void {
    this.#writer.take()
  }
}
