import type { PackedBytes } from './packed-bytes.ts'
import { isRowOf, type OpenPage, placesOf, type RowPlaces, rowOffsetOf, rowTimeOf } from './window-page.ts'
import { Rows } from './window-rows.ts'

const firstCapacity = 1024
// Of each row, in one ring: the page that it lies in, where in the page, how many rows before it the last one with the same bucket
// is (0 for none), and its key's hash.
const fields = 4

/** What one batch brought. */
interface Batch {
  readonly endRow: number
  readonly endPage: number
}

/** A key as its rows are sought. */
export interface HashedKey {
  readonly key: string
  /** 32 bits. */
  readonly hash: number
}

/**
 * The rows of a window store that are on their way to the database, with those of the page that is being filled: found by key
 * where they lie, with about 30 bytes a row besides its page. Rows come and go in one order, so that a ring of numbers does for
 * all of them. Those whose hashes share a bucket are a chain, from the row that was put last to the first. A row is known by its
 * number; 0 stands for none.
 */
export class PendingRows {
  readonly #open: OpenPage
  #ring = new Uint32Array(fields * firstCapacity)
  /** No row is later than this of those in the same chain up to it. */
  #latestMs = new Float64Array(firstCapacity)
  /** By the hash of a key: the number of the last row, modulo 2^32, with that bucket; what is there of rows that are gone is not taken for one. */
  #heads = new Uint32Array(firstCapacity)
  #capacity = firstCapacity
  /** Rows are counted; those from `#firstRow` on are here. */
  #firstRow: number
  #nextRow: number
  #pages: Buffer[] = []
  #firstPage = 0
  readonly #batches: Batch[] = []

  /**
   * @param open where rows lie until their page is sealed
   * @param firstRow what rows are counted from; not 0
   */
  constructor(open: OpenPage, firstRow = 1) {
    this.#open = open
    this.#firstRow = firstRow
    this.#nextRow = firstRow
  }

  /** Takes note of a row of the open page. */
  add(hash: number, at: number, timeMs: number): void {
    if (this.#nextRow - this.#firstRow === this.#capacity) this.#grow()
    const row = this.#nextRow++
    this.#put(row, this.#openPage, at)
    this.#link(row, hash, timeMs)
  }

  /** The open page is sealed as this one. */
  seal(page: Buffer): void {
    this.#pages.push(page)
  }

  /** What was sealed since the last time is one batch. */
  drained(): void {
    this.#batches.push({ endRow: this.#nextRow, endPage: this.#openPage })
  }

  /** The database has the first of the batches. */
  applied(): void {
    const { endRow, endPage } = this.#batches.shift()!
    this.#firstRow = endRow
    this.#pages = this.#pages.slice(endPage - this.#firstPage)
    this.#firstPage = endPage
  }

  /** None is here any more. */
  clear(): void {
    this.#firstRow = this.#nextRow
    this.#firstPage = this.#openPage
    this.#pages = []
    this.#batches.length = 0
  }

  /** The last row of the chain that holds what has this hash. */
  last(hash: number): number {
    const back = ((this.#nextRow >>> 0) - this.#heads[hash & (this.#capacity - 1)]!) >>> 0
    return back > 0 && back <= this.#nextRow - this.#firstRow ? this.#nextRow - back : 0
  }

  /** The row before it in its chain. */
  before(row: number): number {
    const back = this.#ring[this.#cell(row) + 2]!
    return back > 0 && row - back >= this.#firstRow ? row - back : 0
  }

  /** Not before the time of any row in its chain up to this one. */
  latestMs(row: number): number {
    return this.#latestMs[row & (this.#capacity - 1)]!
  }

  isOf(row: number, { key, hash }: HashedKey): boolean {
    return this.#ring[this.#cell(row) + 3] === hash && isRowOf(this.#pageOf(row), key, this.#placesOf(row))
  }

  timeOf(row: number): number {
    return rowTimeOf(this.#pageOf(row), this.#placesOf(row))
  }

  offsetOf(row: number): number {
    return rowOffsetOf(this.#pageOf(row), this.#placesOf(row))
  }

  /** The row's value. */
  packedAt(row: number): PackedBytes {
    const { valueAt, end } = this.#placesOf(row)
    return this.#pageOf(row).toString('latin1', valueAt, end)
  }

  /** All rows of a key, put by the batch with this number as far as anybody knows. */
  rowsOf(key: HashedKey, batch: number): Rows {
    const found: number[] = []
    for (let row = this.last(key.hash); row !== 0; row = this.before(row)) if (this.isOf(row, key)) found.push(row)
    let rows = new Rows()
    for (const row of found.reverse())
      rows = rows.with({ timeMs: this.timeOf(row), offset: this.offsetOf(row) }, this.packedAt(row), batch)
    return rows
  }

  get #openPage(): number {
    return this.#firstPage + this.#pages.length
  }

  #cell(row: number): number {
    return fields * (row & (this.#capacity - 1))
  }

  #pageOf(row: number): Buffer {
    return this.#pages[(this.#ring[this.#cell(row)]! - this.#firstPage) >>> 0] ?? this.#open.bytes
  }

  #placesOf(row: number): RowPlaces {
    return placesOf(this.#pageOf(row), this.#ring[this.#cell(row) + 1]!)
  }

  #put(row: number, page: number, at: number): void {
    const cell = this.#cell(row)
    this.#ring[cell] = page
    this.#ring[cell + 1] = at
  }

  /** Chains the row to those before it. */
  #link(row: number, hash: number, timeMs: number): void {
    const place = row & (this.#capacity - 1)
    const bucket = hash & (this.#capacity - 1)
    const since = (row - this.#heads[bucket]!) >>> 0
    const back = since <= row - this.#firstRow ? since : 0
    this.#heads[bucket] = row
    this.#ring[fields * place + 2] = back
    this.#ring[fields * place + 3] = hash
    this.#latestMs[place] = back === 0 ? timeMs : Math.max(timeMs, this.latestMs(row - back))
  }

  #grow(): void {
    const [ring, latestMs, capacity] = [this.#ring, this.#latestMs, this.#capacity]
    this.#capacity = 2 * capacity
    this.#ring = new Uint32Array(fields * this.#capacity)
    this.#latestMs = new Float64Array(this.#capacity)
    this.#heads = new Uint32Array(this.#capacity)
    for (let row = this.#firstRow; row < this.#nextRow; row++) {
      const place = row & (capacity - 1)
      const cell = fields * place
      this.#put(row, ring[cell]!, ring[cell + 1]!)
      // Its chain was a longer one, so that this is not too early.
      this.#link(row, ring[cell + 3]!, latestMs[place]!)
    }
  }
}
