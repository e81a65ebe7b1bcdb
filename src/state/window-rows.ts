import type { PackedSerde } from '../record/serde.ts'
import type { Entry } from './engine.ts'
import { windowOffsetOf, windowTimeOf } from './keys.ts'
import { type PackedBytes, pack } from './packed-bytes.ts'
import type { WindowEntry } from './stores.ts'

/** Where a row is in its key's order. */
export interface RowAt {
  readonly timeMs: number
  readonly offset: number
}

const width = 4
// What a row's mark says of its value, besides the batch that put it.
const isValue = 0
const isUnread = 1
/** Still packed, and read once: the next time somebody reads it, it stays a value. */
const isReadOnce = 2
const marks = 4
/** Times are counted from a multiple of this, about a quarter of an hour. */
const baseUnitMs = 2 ** 20

/**
 * Rows ordered by (time, offset), in one flat list of time, offset, value and mark: small numbers lie in the list itself, so that
 * a search touches little memory and a key with few rows takes little; times are counted from about the first row's for that. Rows
 * are only ever added behind the last; anything else makes new rows, so that nobody who walks over them is disturbed. Whoever holds
 * many keys' rows holds list and base, and makes this object when it needs it: that is one memory access less on the way to a row.
 */
export class Rows {
  #base: number
  #cells: unknown[]

  constructor(cells: unknown[] = [], base = 0) {
    this.#cells = cells
    this.#base = base
  }

  get cells(): unknown[] {
    return this.#cells
  }

  /** What times are counted from, in units of a quarter of an hour: so it is a small number too. */
  get base(): number {
    return this.#base
  }

  static of(entries: readonly Entry[]): Rows {
    const rows = new Rows()
    for (const { key, value } of entries)
      rows.#append({ timeMs: windowTimeOf(key), offset: windowOffsetOf(key) }, pack(value), isUnread)
    return rows
  }

  get length(): number {
    return this.#cells.length / width
  }

  /** The last row's time; minus infinity without one. */
  get latestMs(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : this.timeAt(this.length - 1)
  }

  timeAt(index: number): number {
    return this.#base * baseUnitMs + (this.#cells[width * index] as number)
  }

  offsetAt(index: number): number {
    return this.#cells[width * index + 1] as number
  }

  /** Index of the first row that is not before (`timeMs`, `offset`). */
  indexOf(timeMs: number, offset: number): number {
    const sinceMs = timeMs - this.#base * baseUnitMs
    let high = this.length
    // Most of what is sought is near the end: a search from there touches little memory.
    let low = high - 1
    for (let step = 1; low >= 0 && !this.#isBefore(low, sinceMs, offset); step *= 2) {
      high = low
      low -= step
    }
    low = Math.max(low, -1) + 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isBefore(middle, sinceMs, offset)) low = middle + 1
      else high = middle
    }
    return low
  }

  #isBefore(index: number, sinceMs: number, offset: number): boolean {
    const cells = this.#cells
    const ms = cells[width * index] as number
    return ms < sinceMs || (ms === sinceMs && (cells[width * index + 1] as number) < offset)
  }

  /** Index of the first row at or after `timeMs`. */
  startOf(timeMs: number): number {
    return this.indexOf(timeMs, Number.NEGATIVE_INFINITY)
  }

  /** Index of the first row after `timeMs`. */
  endOf(timeMs: number): number {
    return this.indexOf(timeMs, Number.POSITIVE_INFINITY)
  }

  has(index: number, timeMs: number, offset: number): boolean {
    return index < this.length && this.timeAt(index) === timeMs && this.offsetAt(index) === offset
  }

  /** The batch that put the row, from 1; 0 of a row from the database. */
  batchAt(index: number): number {
    return Math.floor((this.#cells[width * index + 3] as number) / marks)
  }

  /** The bytes of a row that nobody read yet. */
  bytesAt(index: number): PackedBytes {
    return this.#cells[width * index + 2] as PackedBytes
  }

  /** The row as an entry. A value is read from its bytes twice at most: most rows are read once, and values take memory. */
  entryAt<V>(index: number, serde: PackedSerde<V>): WindowEntry<V> {
    const cells = this.#cells
    const at = width * index
    let value = cells[at + 2]
    const mark = cells[at + 3] as number
    const reading = mark % marks
    if (reading !== isValue) {
      value = serde.deserialize(value as PackedBytes)
      if (reading === isReadOnce) cells[at + 2] = value
      cells[at + 3] = reading === isUnread ? mark + isReadOnce - isUnread : mark - reading
    }
    return { timeMs: this.timeAt(index), offset: this.offsetAt(index), value: value as V }
  }

  /** With the row that a batch puts added, or in the place of the one with the same time and offset. */
  with(row: RowAt, packed: PackedBytes, batch: number): Rows {
    const { timeMs, offset } = row
    const index = this.indexOf(timeMs, offset)
    const rows = index === this.length ? this : new Rows()
    if (rows !== this) for (let n = 0; n < index; n++) rows.#copy(this, n)
    rows.#append(row, packed, batch * marks + isUnread)
    if (rows !== this)
      for (let n = this.has(index, timeMs, offset) ? index + 1 : index; n < this.length; n++) rows.#copy(this, n)
    return rows
  }

  /** With the others' rows added; where they have the same time and offset those here count. */
  withOlder(older: Rows): Rows {
    if (this.length === 0) return older
    const merged = new Rows()
    let n = 0
    for (let m = 0; m < older.length; m++) {
      const [timeMs, offset] = [older.timeAt(m), older.offsetAt(m)]
      const at = this.indexOf(timeMs, offset)
      while (n < at) merged.#copy(this, n++)
      if (!this.has(at, timeMs, offset)) merged.#copy(older, m)
    }
    while (n < this.length) merged.#copy(this, n++)
    return merged
  }

  filter(isKept: (index: number) => boolean): Rows {
    const kept = new Rows()
    for (let n = 0; n < this.length; n++) if (isKept(n)) kept.#copy(this, n)
    return kept
  }

  #copy(from: Rows, index: number): void {
    const at = width * index
    const row = { timeMs: from.timeAt(index), offset: from.offsetAt(index) }
    this.#append(row, from.#cells[at + 2], from.#cells[at + 3] as number)
  }

  #append({ timeMs, offset }: RowAt, value: unknown, mark: number): void {
    if (this.#cells.length === 0) {
      this.#base = Math.floor(timeMs / baseUnitMs)
      // Many keys have one row only, and a list that is pushed to makes room for five.
      this.#cells = [timeMs - this.#base * baseUnitMs, offset, value, mark]
    } else {
      if (!Number.isSafeInteger(timeMs - this.#base * baseUnitMs)) this.#countFromZero()
      this.#cells.push(timeMs - this.#base * baseUnitMs, offset, value, mark)
    }
  }

  /** For times so far apart that their difference is not exact. */
  #countFromZero(): void {
    for (let n = 0; n < this.length; n++) this.#cells[width * n] = this.timeAt(n)
    this.#base = 0
  }
}
