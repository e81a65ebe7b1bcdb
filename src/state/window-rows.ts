import type { Serde } from '../record/serde.ts'
import { CacheEntry } from './cache.ts'
import type { Entry } from './engine.ts'
import { windowOffsetOf, windowTimeOf } from './keys.ts'
import { type PackedBytes, pack, unpack } from './packed-bytes.ts'
import type { WindowEntry } from './stores.ts'

/** Where a row is in its key's order. */
export interface RowAt {
  readonly timeMs: number
  readonly offset: number
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

const width = 4
// What a row's mark says of its value, besides the batch that put it.
const isValue = 0
const isUnread = 1
/** Still packed, and read once: the next time somebody reads it, it stays a value. */
const isReadOnce = 2
const marks = 4

/**
 * Rows ordered by (time, offset), in one flat list of time, offset, value and mark: small numbers lie in the list itself, so that
 * a search touches little memory and a key with few rows takes little; times are counted from the first row's for that. Rows
 * are only ever added behind the last; anything else makes new rows, so that nobody who walks over them is disturbed.
 */
export class Rows {
  #baseMs = 0
  readonly #cells: unknown[] = []

  static of(entries: readonly Entry[]): Rows {
    const rows = new Rows()
    for (const { key, value } of entries)
      rows.#append({ timeMs: windowTimeOf(key), offset: windowOffsetOf(key) }, pack(value), isUnread)
    return rows
  }

  get length(): number {
    return this.#cells.length / width
  }

  timeAt(index: number): number {
    return this.#baseMs + (this.#cells[width * index] as number)
  }

  offsetAt(index: number): number {
    return this.#cells[width * index + 1] as number
  }

  /** Index of the first row that is not before (`timeMs`, `offset`). */
  indexOf(timeMs: number, offset: number): number {
    const cells = this.#cells
    const sinceMs = timeMs - this.#baseMs
    let low = 0
    let high = cells.length / width
    while (low < high) {
      const middle = (low + high) >>> 1
      const middleMs = cells[width * middle] as number
      if (middleMs < sinceMs || (middleMs === sinceMs && (cells[width * middle + 1] as number) < offset))
        low = middle + 1
      else high = middle
    }
    return low
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

  /** The row as an entry. A value is read from its bytes twice at most: most rows are read once, and values take memory. */
  entryAt<V>(index: number, serde: Serde<V>): WindowEntry<V> {
    const cells = this.#cells
    const at = width * index
    let value = cells[at + 2]
    const mark = cells[at + 3] as number
    const reading = mark % marks
    if (reading !== isValue) {
      value = serde.deserialize(unpack(value as PackedBytes))
      if (reading === isReadOnce) cells[at + 2] = value
      cells[at + 3] = reading === isUnread ? mark + isReadOnce - isUnread : mark - reading
    }
    return { timeMs: this.timeAt(index), offset: this.offsetAt(index), value: value as V }
  }

  /** With the row that a batch puts added, or in the place of the one with the same time and offset. */
  with(row: RowAt, bytes: Buffer, batch: number): Rows {
    const { timeMs, offset } = row
    const index = this.indexOf(timeMs, offset)
    const rows = index === this.length ? this : new Rows()
    if (rows !== this) for (let n = 0; n < index; n++) rows.#copy(this, n)
    rows.#append(row, pack(bytes), batch * marks + isUnread)
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
    if (this.#cells.length === 0) this.#baseMs = timeMs
    else if (!Number.isSafeInteger(timeMs - this.#baseMs)) this.#countFromZero()
    this.#cells.push(timeMs - this.#baseMs, offset, value, mark)
  }

  /** For times so far apart that their difference is not exact. */
  #countFromZero(): void {
    for (let n = 0; n < this.length; n++) this.#cells[width * n] = this.timeAt(n)
    this.#baseMs = 0
  }
}

// Estimates: a row with its value, which is bytes or an object, and a key with its place in maps.
const rowCost = (bytes: Buffer): number => 100 + 2 * bytes.length
const keyCost = 500
/** Rows that may be put unasked before the key counts as one that nobody reads. */
const unaskedRows = 64
/** With fewer rows it is not worth while to look which of them can go. */
const fewRows = 8
const nothing: Span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }

/** What a key's rows ask of their store. */
export interface RowsOwner {
  /** The last batch that the database has, of those that were put. */
  readonly appliedBatch: number
  forget(rows: KeyRows): void
}

/**
 * A key's rows in memory. Every row is as the newest write left it; in the span that is known they are all there are, and
 * outside are only some that are not in the database yet, or not worth removing.
 */
export class KeyRows extends CacheEntry {
  readonly key: string
  readonly #owner: RowsOwner
  #fromMs = nothing.fromMs
  #toMs = nothing.toMs
  #askedFromMs = nothing.fromMs
  #askedToMs = nothing.toMs
  #rows = new Rows()
  /** The batch that put a row last. */
  #putBatch = 0
  #unasked = 0
  #rowCosts = 0
  #trimAt = fewRows

  constructor(key: string, owner: RowsOwner) {
    super(keyCost + key.length)
    this.key = key
    this.#owner = owner
  }

  get rows(): Rows {
    return this.#rows
  }

  get isUnsettled(): boolean {
    return this.#putBatch > this.#owner.appliedBatch
  }

  /** An estimate. */
  get heldBytes(): number {
    return keyCost + this.key.length + this.#rowCosts
  }

  get isKnown(): boolean {
    return this.#fromMs <= this.#toMs
  }

  /** Whether what is known begins after this time. */
  isKnownAfter(timeMs: number): boolean {
    return this.isKnown && timeMs < this.#fromMs
  }

  forget(): void {
    this.#owner.forget(this)
  }

  /** Takes note that a batch needs this span, and all between it and what it asked for before. */
  ask(fromMs: number, toMs: number, batch: number): void {
    if (this.batch !== batch) {
      if (this.batch >= 0) this.#narrow(fromMs)
      this.batch = batch
      this.#askedFromMs = fromMs
      this.#askedToMs = toMs
      this.#unasked = 0
    } else {
      if (fromMs < this.#askedFromMs) this.#askedFromMs = fromMs
      if (toMs > this.#askedToMs) this.#askedToMs = toMs
    }
  }

  /** Whether the batch asked for this span, and it was read. */
  answers(fromMs: number, toMs: number, batch: number): boolean {
    return (
      this.batch === batch &&
      this.#askedFromMs <= fromMs &&
      toMs <= this.#askedToMs &&
      this.#fromMs <= fromMs &&
      toMs <= this.#toMs
    )
  }

  /** Whether all that was asked for is known. */
  get isComplete(): boolean {
    return this.#fromMs <= this.#askedFromMs && this.#askedToMs <= this.#toMs
  }

  /** What must be read for what was asked: together with what is known one span, so that a key never has gaps. */
  missing(): Span[] {
    const [fromMs, toMs] = [this.#askedFromMs, this.#askedToMs]
    // What lies far from what is wanted now is not worth reading all between.
    if (!this.isKnown || toMs < this.#fromMs - 1 || fromMs > this.#toMs + 1) {
      this.#know(nothing)
      return [{ fromMs, toMs }]
    }
    const spans: Span[] = []
    if (fromMs < this.#fromMs) spans.push({ fromMs, toMs: this.#fromMs - 1 })
    if (toMs > this.#toMs) spans.push({ fromMs: this.#toMs + 1, toMs })
    return spans
  }

  /** Adds what the database holds in a span next to what is known. */
  addRead(entries: readonly Entry[], { fromMs, toMs }: Span): void {
    if (entries.length > 0) {
      this.#rows = this.#rows.withOlder(Rows.of(entries))
      for (const { value } of entries) this.#rowCosts += rowCost(value)
    }
    if (this.isKnown && (toMs < this.#fromMs - 1 || fromMs > this.#toMs + 1)) return
    this.#know({ fromMs: Math.min(this.#fromMs, fromMs), toMs: Math.max(this.#toMs, toMs) })
  }

  /** The database has no row of the key. */
  knowAll(): void {
    this.#know({ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY })
  }

  /** Puts a row that a later write will bring to the database, of which it is put in the batch with this number. */
  put(row: RowAt, bytes: Buffer, batch: number): void {
    this.#unasked++
    this.#putBatch = batch
    this.#rowCosts += rowCost(bytes)
    this.#rows = this.#rows.with(row, bytes, batch)
  }

  /** Whether so many rows have come that some may be let go. */
  get isLong(): boolean {
    return this.#rows.length >= this.#trimAt
  }

  /**
   * Lets go the rows outside what is known, but for those that only this task has, those before `expiredBeforeMs`, and what nobody
   * asks for any more.
   */
  trim(batch: number, expiredBeforeMs: number): void {
    if (this.#unasked > unaskedRows + this.#rows.length / 2 && this.batch !== batch) this.#know(nothing)
    const { appliedBatch } = this.#owner
    const rows = this.#rows
    const from = this.isKnown ? rows.startOf(Math.max(this.#fromMs, expiredBeforeMs)) : rows.length
    const to = this.isKnown && this.#toMs < Number.POSITIVE_INFINITY ? rows.endOf(this.#toMs) : rows.length
    if (from > 0 || to < rows.length) {
      const isPending = (n: number) => rows.batchAt(n) > appliedBatch && rows.timeAt(n) >= expiredBeforeMs
      this.#rows = rows.filter((n) => (n >= from && n < to) || isPending(n))
      this.#rowCosts = Math.round((this.#rowCosts * this.#rows.length) / rows.length)
    }
    this.#trimAt = fewRows + 2 * this.#rows.length
  }

  /** Knows less from the past when a batch asks for later times than the last one: a window moves on. */
  #narrow(fromMs: number): void {
    const oldestMs = Math.min(fromMs, this.#askedFromMs)
    // Room for events that come out of order.
    const newestMs = this.#rows.length === 0 ? oldestMs : this.#rows.timeAt(this.#rows.length - 1)
    const slackMs = Math.max(0, newestMs - oldestMs) / 4
    const keptMs = Math.ceil(oldestMs - slackMs)
    if (keptMs > this.#fromMs && keptMs <= this.#toMs) this.#fromMs = keptMs
  }

  #know({ fromMs, toMs }: Span): void {
    this.#fromMs = fromMs
    this.#toMs = toMs
  }
}
