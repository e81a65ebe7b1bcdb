import { StateStoreError } from '../../errors.ts'
import type { Change, StateDb } from '../engine.ts'
import { type Journal, type StoreState, Write } from '../journal.ts'
import { wellFormed } from '../keys.ts'
import { expiredBefore } from '../retention.ts'
import type { IdStoreDef, Timestamped, TimestampedStore } from '../stores.ts'
import { IdIndex } from './id-index.ts'
import { eachInPage, findInPage, IdPage, IdPageWriter, pageTimeOf, type Sighting } from './id-page.ts'

export interface IdStoreOptions {
  readonly db: StateDb
  readonly journal: Journal
  readonly streamTimeMs: () => number
}

/** Pages read together when the store is opened. */
const pagesAtOnce = 32
/** Pages that stay in memory: what is sent twice is mostly sent again soon, and in the same order. */
const recentPages = 16
const zeroByte = Buffer.alloc(1)

/** A page on its way to the changelog and the database, which does not get it when all its ids are past. */
class WrittenPage extends Write {
  readonly #def: IdStoreDef

  constructor(def: IdStoreDef, page: IdPage) {
    super(def.name, page.key, page.bytes!)
    this.#def = def
  }

  /** Ids are found in the page. */
  override get cachedIn(): undefined {
    return undefined
  }

  override isPast(streamTimeMs: number): boolean {
    return pageTimeOf(this.key) < expiredBefore(this.#def, streamTimeMs)
  }

  override addChanges(changes: Change[], streamTimeMs: number): void {
    if (!this.isPast(streamTimeMs)) changes.push(this)
  }
}

/**
 * Ids by the page: one entry of database and changelog holds those of a whole batch, and an index in memory tells where an id
 * may be. So an id costs no entry of its own, and a new one no read. Hides what is past its retention, as other stores do.
 */
export class BufferedIdStore implements TimestampedStore<number>, StoreState {
  readonly #def: IdStoreDef
  readonly #db: StateDb
  readonly #journal: Journal
  readonly #streamTimeMs: () => number
  readonly #writer = new IdPageWriter()
  readonly #index = new IdIndex()
  #isLoaded = false
  /** The page that is being filled. */
  #open: IdPage | undefined
  #sealed: IdPage[] = []
  /** Pages on their way to the database, by the batch. */
  #onTheWay: (readonly IdPage[])[] = []
  #recent: IdPage[] = []

  constructor(def: IdStoreDef, { db, journal, streamTimeMs }: IdStoreOptions) {
    this.#def = def
    this.#db = db
    this.#journal = journal
    this.#streamTimeMs = streamTimeMs
  }

  get(anyId: string): Timestamped<number> | undefined {
    if (!this.#isLoaded) {
      throw new StateStoreError(
        'store-not-prefetched',
        `the ids of ${this.#def.name} are not loaded yet; prefetch before the first batch`,
      )
    }
    const id = wellFormed(anyId)
    const pages = this.#index.pagesOf(id)
    if (pages.length === 0) return undefined
    const bytes = Buffer.from(id)
    let last: Sighting | undefined
    for (const page of pages) {
      const found = findInPage(this.#bytesOf(page), bytes)
      if (found !== undefined && (last === undefined || found.offset >= last.offset)) last = found
    }
    if (last === undefined || last.timeMs < expiredBefore(this.#def, this.#streamTimeMs())) return undefined
    return { value: last.offset, timestampMs: last.timeMs }
  }

  /** @param offset above those of all earlier ids, but for records that are processed again after a crash */
  put(anyId: string, offset: number, timestampMs: number): void {
    const id = wellFormed(anyId)
    if (this.#writer.isFull) this.seal()
    this.#open ??= new IdPage(offset)
    const page = this.#open
    this.#writer.add(id, { offset, timeMs: timestampMs })
    if (timestampMs > page.latestMs) page.latestMs = timestampMs
    this.#index.add(id, page, timestampMs)
  }

  /** Reads, once, which ids there are. */
  async load(): Promise<void> {
    if (this.#isLoaded) return
    let gte = Buffer.alloc(0)
    for (;;) {
      const [entries = []] = await this.#db.getRanges(this.#def.name, [{ gte, limit: pagesAtOnce }])
      for (const { key, value } of entries) {
        const page = IdPage.of(key)
        eachInPage(value, (id, timeMs) => this.#index.add(id, page, timeMs))
      }
      if (entries.length < pagesAtOnce) break
      gte = Buffer.concat([entries.at(-1)!.key, zeroByte])
    }
    this.#isLoaded = true
  }

  /** Puts what was written into the journal. */
  seal(): void {
    const page = this.#open
    if (page === undefined) return
    page.bytes = this.#writer.take()
    this.#journal.add(new WrittenPage(this.#def, page))
    this.#sealed.push(page)
    this.#open = undefined
  }

  drained(): void {
    this.#onTheWay.push(this.#sealed)
    this.#sealed = []
  }

  applied(): void {
    for (const page of this.#onTheWay.shift()!) this.#remember(page)
  }

  settle(streamTimeMs: number): void {
    this.#index.forgetBefore(expiredBefore(this.#def, streamTimeMs))
  }

  discard(): void {
    const open = this.#open === undefined ? [] : [this.#open]
    // The index still names them; the database does not have them.
    for (const page of [...open, ...this.#sealed, ...this.#onTheWay.flat()]) page.bytes = undefined
    this.#writer.take()
    this.#open = undefined
    this.#sealed = []
    this.#onTheWay = []
  }

  #bytesOf(page: IdPage): Buffer {
    if (page === this.#open) return this.#writer.view
    if (page.bytes !== undefined) return page.bytes
    // What the database does not have is past its retention, or was discarded.
    const bytes = this.#db.getSync(this.#def.name, page.key)
    if (bytes === undefined) return zeroByte.subarray(1)
    page.bytes = bytes
    this.#remember(page)
    return bytes
  }

  #remember(page: IdPage): void {
    this.#recent.push(page)
    if (this.#recent.length > recentPages) this.#recent.shift()!.bytes = undefined
  }
}
