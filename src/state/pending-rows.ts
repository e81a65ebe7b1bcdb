import { readOrdered } from './keys.ts'
import { placesOf } from './window-page.ts'
import { Rows } from './window-rows.ts'

const firstCapacity = 1024
// Of each row, in one ring: the page that it lies in, where in the page, how many rows before it the last one with the same bucket
// is (0 for none), and its key's hash.
const fields = 4
const timeBytes = 8

/** What one batch brought. */
interface Batch {
  readonly endRow: number
  readonly endPage: number
}

/**
 * The rows that a window store's pages hold on their way to the database, found by key where they lie: about 20 bytes a row besides
 * its page. Rows come and go in one order, so that a ring of numbers does for all of them.
 */
export class PendingRows {
  #ring = new Uint32Array(fields * firstCapacity)
  /** By the hash of a key: the number of the last row, modulo 2^32, with that bucket; what is there of rows that are gone is not taken for one. */
  #heads = new Uint32Array(firstCapacity)
  #capacity = firstCapacity
  /** Rows are counted; those from `#firstRow` on are here. */
  #firstRow: number
  #nextRow: number
  #pages: Buffer[] = []
  #firstPage = 0
  readonly #batches: Batch[] = []

  /** @param firstRow what rows are counted from; not 0, which is what stands for none */
  constructor(firstRow = 1) {
    this.#firstRow = firstRow
    this.#nextRow = firstRow
  }

  /** Takes note of a row of the page that is sealed next. */
  add(hash: number, at: number): void {
    if (this.#nextRow - this.#firstRow === this.#capacity) this.#grow()
    this.#link(this.#nextRow++, hash, this.#openPage, at)
  }

  /** The page with the rows that were added since the last one. */
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

  /** The rows of a key in sealed pages, put by the batch with this number as far as anybody knows. */
  rowsOf(key: string, hash: number, batch: number): Rows {
    let rows = new Rows()
    const found = this.#find(key, hash)
    for (let n = found.length - 2; n >= 0; n -= 2) {
      const page = found[n] as Buffer
      const { timeAt, valueAt, end } = placesOf(page, found[n + 1] as number)
      const row = { timeMs: readOrdered(page, timeAt), offset: readOrdered(page, timeAt + timeBytes) }
      rows = rows.with(row, page.toString('latin1', valueAt, end), batch)
    }
    return rows
  }

  get #openPage(): number {
    return this.#firstPage + this.#pages.length
  }

  /** Pages and where in them the rows begin, in turn; the newest row first. */
  #find(key: string, hash: number): (Buffer | number)[] {
    const found: (Buffer | number)[] = []
    const next = this.#nextRow >>> 0
    const count = this.#nextRow - this.#firstRow
    const ring = this.#ring
    let back = (next - this.#heads[hash & (this.#capacity - 1)]!) >>> 0
    while (back > 0 && back <= count) {
      const cell = fields * ((next - back) & (this.#capacity - 1))
      const page = this.#pages[(ring[cell]! - this.#firstPage) >>> 0]
      if (page !== undefined && ring[cell + 3] === hash) {
        const at = ring[cell + 1]!
        const { keyAt, timeAt } = placesOf(page, at)
        if (page.toString('utf8', keyAt, timeAt) === key) found.push(page, at)
      }
      const step = ring[cell + 2]!
      if (step === 0) break
      back += step
    }
    return found
  }

  #link(row: number, hash: number, page: number, at: number): void {
    const bucket = hash & (this.#capacity - 1)
    const back = (row - this.#heads[bucket]!) >>> 0
    this.#heads[bucket] = row
    const cell = fields * (row & (this.#capacity - 1))
    this.#ring[cell] = page
    this.#ring[cell + 1] = at
    this.#ring[cell + 2] = back <= row - this.#firstRow ? back : 0
    this.#ring[cell + 3] = hash
  }

  #grow(): void {
    const [ring, capacity] = [this.#ring, this.#capacity]
    this.#capacity = 2 * capacity
    this.#ring = new Uint32Array(fields * this.#capacity)
    this.#heads = new Uint32Array(this.#capacity)
    for (let row = this.#firstRow; row < this.#nextRow; row++) {
      const cell = fields * (row & (capacity - 1))
      this.#link(row, ring[cell + 3]!, ring[cell]!, ring[cell + 1]!)
    }
  }
}
