import type { Change, Entry } from './engine.ts'
import { type CacheName, Write } from './journal.ts'
import { readOrdered, windowKeyOf, windowTimeOf, writeOrdered } from './keys.ts'
import type { PackedBytes } from './packed-bytes.ts'
import { expiredBefore } from './retention.ts'
import type { StoredKeys } from './stored-keys.ts'
import type { WindowStoreDef } from './stores.ts'
import type { WindowSegments } from './window-segments.ts'

/**
 * Rows that one batch put into a window store lie together as a page: one record of the changelog, and one piece of memory until
 * the database has them. Of each row the page has its key as in `keys.ts`, the length of its value (4 bytes, big-endian), and the
 * value.
 */

const lengthBytes = 4
const timeBytes = 8
/** The time and the offset at the end of a row's key. */
const rowBytes = 2 * timeBytes
const firstBytes = 4096
/** A page that is longer than this is full. */
const fullBytes = 64 * 1024
/** UTF-8 takes at most three bytes a code unit. */
const mostBytesPerUnit = 3

/** The key of a page in the changelog: shorter than that of any row, which were records of their own before there were pages. */
const pageKey = Buffer.from('rows')

/** A page that rows are being added to. */
export interface OpenPage {
  /** The same bytes may lie in other memory after the next row. */
  readonly bytes: Buffer
}

/** Fills one page at a time. */
export class WindowPageWriter implements OpenPage {
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #at = 0
  #rows = 0
  #latestMs = Number.NEGATIVE_INFINITY

  get bytes(): Buffer {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#at === 0
  }

  get isFull(): boolean {
    return this.#at >= fullBytes
  }

  get rows(): number {
    return this.#rows
  }

  /** Of the rows' times. */
  get latestMs(): number {
    return this.#latestMs
  }

  /** Returns where the row begins. @throws RangeError when time or offset are no whole numbers; then nothing was added */
  add(key: string, row: { readonly timeMs: number; readonly offset: number }, value: PackedBytes): number {
    const start = this.#at
    this.#room(start + 2 * lengthBytes + mostBytesPerUnit * key.length + rowBytes + value.length)
    const bytes = this.#bytes
    const length = bytes.write(key, start + lengthBytes, 'utf8')
    bytes.writeUInt32BE(length, start)
    const at = start + lengthBytes + length
    writeOrdered(bytes, row.timeMs, at)
    writeOrdered(bytes, row.offset, at + timeBytes)
    bytes.writeUInt32BE(value.length, at + rowBytes)
    const valueAt = at + rowBytes + lengthBytes
    bytes.write(value, valueAt, 'latin1')
    this.#at = valueAt + value.length
    this.#rows++
    if (row.timeMs > this.#latestMs) this.#latestMs = row.timeMs
    return start
  }

  /** A copy of the page; the next one begins. */
  take(): Buffer {
    const page = Buffer.allocUnsafeSlow(this.#at)
    this.#bytes.copy(page, 0, 0, this.#at)
    this.#at = 0
    this.#rows = 0
    this.#latestMs = Number.NEGATIVE_INFINITY
    return page
  }

  #room(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * bytes)
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Where the parts of a row lie in its page. */
export interface RowPlaces {
  /** The store's key, as UTF-8. */
  readonly keyAt: number
  /** The row's time and, behind it, its offset; the key ends here. */
  readonly timeAt: number
  readonly valueAt: number
  readonly end: number
}

/** Of the row that begins at `at`. */
export function placesOf(page: Buffer, at: number): RowPlaces {
  const keyAt = at + lengthBytes
  const timeAt = keyAt + page.readUInt32BE(at)
  const valueAt = timeAt + rowBytes + lengthBytes
  return { keyAt, timeAt, valueAt, end: valueAt + page.readUInt32BE(valueAt - lengthBytes) }
}

/** The time of a row, by its places. */
export const rowTimeOf = (page: Buffer, { timeAt }: RowPlaces): number => readOrdered(page, timeAt)

export const rowOffsetOf = (page: Buffer, { timeAt }: RowPlaces): number => readOrdered(page, timeAt + timeBytes)

/** Whether a row, by its places, is the key's: without a text of its own where the key is ASCII. */
export function isRowOf(page: Buffer, key: string, { keyAt, timeAt }: RowPlaces): boolean {
  if (timeAt - keyAt !== key.length) return timeAt - keyAt > key.length && page.toString('utf8', keyAt, timeAt) === key
  for (let n = 0; n < key.length; n++) {
    const code = key.charCodeAt(n)
    // A longer code would make the row's key longer than its text.
    if (code !== page[keyAt + n] || code >= 0x80) return false
  }
  return true
}

/** In the order in which they were put, their keys as in the changelog. */
function eachRowInPage(page: Buffer, take: (key: Buffer, value: Buffer) => void): void {
  for (let at = 0; at < page.length; ) {
    const { timeAt, valueAt, end } = placesOf(page, at)
    take(page.subarray(at, timeAt + rowBytes), page.subarray(valueAt, end))
    at = end
  }
}

/** Gives out the rows that a record of a window store's changelog holds. */
export function eachLoggedRow({ key, value }: Entry, take: (row: Entry) => void): void {
  if (key.length >= lengthBytes + rowBytes) take({ key, value })
  else eachRowInPage(value, (rowKey, rowValue) => take({ key: rowKey, value: rowValue }))
}

/** What a row takes in memory besides its bytes, while the database does not have it; an estimate. */
const rowCost = 36

/** Where a page's rows go. */
export interface PageTarget {
  readonly segments: WindowSegments
  readonly stored: StoredKeys
  /** See `Write`. */
  readonly cachedIn: CacheName | undefined
}

/** A page on its way to the changelog and the database. */
export class WindowPage extends Write {
  readonly #def: WindowStoreDef<unknown>
  readonly #target: PageTarget
  readonly #rows: number
  readonly #latestMs: number
  readonly page: Buffer

  constructor(def: WindowStoreDef<unknown>, writer: WindowPageWriter, target: PageTarget) {
    const { rows, latestMs } = writer
    const page = writer.take()
    super(def.name, pageKey, page)
    this.#def = def
    this.#target = target
    this.#rows = rows
    this.#latestMs = latestMs
    this.page = page
  }

  override get heldBytes(): number {
    return this.page.length + rowCost * this.#rows
  }

  override get cachedIn(): CacheName | undefined {
    return this.#target.cachedIn
  }

  override isPast(streamTimeMs: number): boolean {
    return this.#latestMs < expiredBefore(this.#def, streamTimeMs)
  }

  override addChanges(changes: Change[], streamTimeMs: number): void {
    const { name } = this.#def
    const expiredBeforeMs = expiredBefore(this.#def, streamTimeMs)
    const { segments, stored } = this.#target
    eachRowInPage(this.page, (key, value) => {
      const timeMs = windowTimeOf(key)
      if (timeMs < expiredBeforeMs) return
      stored.add(windowKeyOf(key), timeMs)
      changes.push({ column: name, key: segments.keyOf(key, timeMs), value })
    })
  }
}
