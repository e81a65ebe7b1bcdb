import type { Serde } from '../record/serde.ts'
import { CacheEntry } from './cache.ts'
import type { Entry } from './engine.ts'
import { type ChangelogEntry, Write } from './journal.ts'
import { windowOffsetOf, windowTimeOf } from './keys.ts'
import { type PackedBytes, pack, unpack } from './packed-bytes.ts'
import type { WindowEntry } from './stores.ts'
import { loggedKey } from './window-segments.ts'

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A row on its way to the database. */
export class WindowWrite extends Write {
  readonly timeMs: number
  readonly offset: number

  constructor(row: {
    readonly store: string
    readonly key: Buffer
    readonly value: Buffer
    readonly timeMs: number
    readonly offset: number
  }) {
    super(row.store, row.key, row.value)
    this.timeMs = row.timeMs
    this.offset = row.offset
  }

  override get logged(): ChangelogEntry {
    return { store: this.store, key: loggedKey(this.key), value: this.value }
  }
}

/** A value that nobody has read yet. */
class Unread {
  readonly #packed: PackedBytes

  constructor(bytes: Buffer) {
    this.#packed = pack(bytes)
  }

  read(serde: Serde<unknown>): unknown {
    return serde.deserialize(unpack(this.#packed))
  }
}

const width = 3

/**
 * Rows ordered by (time, offset), in one flat list of time, offset and value. Times are counted from the first row's: small
 * numbers lie in the list itself, so that a search touches little memory and a key with few rows takes little. Rows are only
 * ever added behind the last; anything else makes new rows, so that nobody who walks over them is disturbed.
 */
export class Rows {
  #baseMs = 0
  readonly #cells: unknown[] = []

  static of(entries: readonly Entry[]): Rows {
    const rows = new Rows()
    for (const { key, value } of entries) rows.#append(windowTimeOf(key), windowOffsetOf(key), new Unread(value))
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

  /** The row as an entry. A value is read from its bytes once. */
  entryAt<V>(index: number, serde: Serde<V>): WindowEntry<V> {
    let value = this.#cells[width * index + 2]
    if (value instanceof Unread) {
      value = value.read(serde)
      this.#cells[width * index + 2] = value
    }
    return { timeMs: this.timeAt(index), offset: this.offsetAt(index), value: value as V }
  }

  /** With the row added, or in the place of the one with the same time and offset. */
  with(timeMs: number, offset: number, bytes: Buffer): Rows {
    const index = this.indexOf(timeMs, offset)
    const rows = index === this.length ? this : new Rows()
    if (rows !== this) for (let n = 0; n < index; n++) rows.#copy(this, n)
    rows.#append(timeMs, offset, new Unread(bytes))
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
    this.#append(from.timeAt(index), from.offsetAt(index), from.#cells[width * index + 2])
  }

  #append(timeMs: number, offset: number, value: unknown): void {
    if (this.#cells.length === 0) this.#baseMs = timeMs
    else if (!Number.isSafeInteger(timeMs - this.#baseMs)) this.#countFromZero()
    this.#cells.push(timeMs - this.#baseMs, offset, value)
  }

  /** For times so far apart that their difference is not exact. */
  #countFromZero(): void {
    for (let n = 0; n < this.length; n++) this.#cells[width * n] = this.timeAt(n)
    this.#baseMs = 0
  }
}

// Estimates: a row with its value as an object, and a key with its place in maps.
const rowCost = (bytes: Buffer): number => 100 + 3 * bytes.length
const keyCost = 600
/** Rows that may be put unasked before the key counts as one that nobody reads. */
const unaskedRows = 64
/** Rows outside what is known that are not worth a new list. */
const fewRows = 2
const nothing: Span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }

/**
 * A key's rows in memory. Every row is as the newest write left it; in the span that is known they are all there are, and
 * outside are only some that are not in the database yet, or not worth removing.
 */
export class KeyRows extends CacheEntry {
  readonly key: string
  readonly #owner: { forget(rows: KeyRows): void }
  #fromMs = nothing.fromMs
  #toMs = nothing.toMs
  #askedFromMs = nothing.fromMs
  #askedToMs = nothing.toMs
  #rows = new Rows()
  #written: WindowWrite[] | undefined
  #onTheWay: readonly WindowWrite[] | undefined
  #unasked = 0
  #rowCosts = 0

  constructor(key: string, owner: { forget(rows: KeyRows): void }) {
    super(keyCost + key.length)
    this.key = key
    this.#owner = owner
  }

  get rows(): Rows {
    return this.#rows
  }

  get isUnsettled(): boolean {
    return this.#written !== undefined || this.#onTheWay !== undefined
  }

  get isWritten(): boolean {
    return this.#written !== undefined
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

  /** The write of this buffer for the row, if there is one. */
  writeAt(timeMs: number, offset: number): WindowWrite | undefined {
    if (this.#written === undefined) return undefined
    if (!this.#rows.has(this.#rows.indexOf(timeMs, offset), timeMs, offset)) return undefined
    return this.#written.find((written) => written.timeMs === timeMs && written.offset === offset)
  }

  /** Puts a row that `write` will bring to the database. */
  put(write: WindowWrite, bytes: Buffer): void {
    this.#unasked++
    this.#rowCosts += rowCost(bytes)
    if (this.#written === undefined) this.#written = [write]
    else this.#written.push(write)
    this.replace(write, bytes)
  }

  /** Puts other bytes in the place of a row that this buffer has put. */
  replace({ timeMs, offset }: WindowWrite, bytes: Buffer): void {
    this.#rows = this.#rows.with(timeMs, offset, bytes)
  }

  drained(): void {
    this.#onTheWay = this.#written
    this.#written = undefined
  }

  /** The database has what was drained. */
  applied(): void {
    this.#onTheWay = undefined
  }

  /** Lets go the rows outside what is known, but for those that only this task has, and what nobody asks for any more. */
  trim(batch: number): void {
    if (this.#unasked > unaskedRows + this.#rows.length / 2 && this.batch !== batch) this.#know(nothing)
    const rows = this.#rows
    const from = this.isKnown ? rows.startOf(this.#fromMs) : rows.length
    const to = this.isKnown && this.#toMs < Number.POSITIVE_INFINITY ? rows.endOf(this.#toMs) : rows.length
    const outside = from + rows.length - to
    if (outside === 0 || (this.isKnown && outside < fewRows + rows.length / 8)) return
    const pending = new Set([...(this.#written ?? []), ...(this.#onTheWay ?? [])].map(({ offset }) => offset))
    this.#rows = rows.filter((n) => (n >= from && n < to) || pending.has(rows.offsetAt(n)))
    this.#rowCosts = Math.round((this.#rowCosts * this.#rows.length) / rows.length)
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
