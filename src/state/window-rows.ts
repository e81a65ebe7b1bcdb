import { CacheEntry } from './cache.ts'
import { Write } from './journal.ts'

/** An entry as it lies in the database. */
export interface RawRow {
  readonly timeMs: number
  readonly offset: number
  readonly bytes: Buffer
}

/** An entry as it was read the first time. */
export interface ReadRow {
  readonly timeMs: number
  readonly offset: number
  readonly value: unknown
}

/** One entry of a window store's key: raw until somebody reads it. */
export type Row = RawRow | ReadRow

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A row on its way to the database. */
export class WindowWrite extends Write {
  readonly timeMs: number
  readonly offset: number

  constructor({ store, key, timeMs, offset, bytes }: RawRow & { readonly store: string; readonly key: Buffer }) {
    super(store, key, bytes)
    this.timeMs = timeMs
    this.offset = offset
  }
}

/** What has a place in the order. */
interface Placed {
  readonly timeMs: number
  readonly offset: number
}

const order = (a: Placed, timeMs: number, offset: number): number => a.timeMs - timeMs || a.offset - offset

/** Index of the first row that is not before (`timeMs`, `offset`). */
export function indexOf(rows: readonly Row[], timeMs: number, offset: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (order(rows[middle]!, timeMs, offset) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first row at or after `timeMs`. */
export const startOf = (rows: readonly Row[], timeMs: number): number => indexOf(rows, timeMs, Number.NEGATIVE_INFINITY)

/** Index of the first row after `timeMs`. */
export const endOf = (rows: readonly Row[], timeMs: number): number => indexOf(rows, timeMs, Number.POSITIVE_INFINITY)

/** Both lists in order, each (time, offset) once; where they differ `newer` counts. */
export function mergeRows(newer: readonly Row[], older: readonly Row[]): Row[] {
  if (newer.length === 0) return older.slice()
  const merged: Row[] = []
  let n = 0
  for (const row of older) {
    while (n < newer.length && order(newer[n]!, row.timeMs, row.offset) < 0) merged.push(newer[n++]!)
    if (n < newer.length && order(newer[n]!, row.timeMs, row.offset) === 0) merged.push(newer[n++]!)
    else merged.push(row)
  }
  while (n < newer.length) merged.push(newer[n++]!)
  return merged
}

// Estimates: a row as an object with its value, and a key with its place in maps.
const rowBytes = ({ bytes }: RawRow): number => 150 + 3 * bytes.length
const keyBytes = 300
/** Rows that may be put unasked before the key counts as one that nobody reads. */
const unaskedRows = 64
/** Rows outside what is known that are not worth a new list. */
const fewRows = 4

/**
 * A key's rows in memory, ordered by (time, offset). Every row is as the newest write left it; between `fromMs` and `toMs`
 * they are all there are, and outside are only some that are not in the database yet.
 */
export class KeyRows extends CacheEntry {
  readonly key: string
  readonly #owner: { forget(rows: KeyRows): void }
  #fromMs = Number.POSITIVE_INFINITY
  #toMs = Number.NEGATIVE_INFINITY
  #askedFromMs = Number.POSITIVE_INFINITY
  #askedToMs = Number.NEGATIVE_INFINITY
  #rows: Row[] = []
  #written: WindowWrite[] | undefined
  #onTheWay: readonly WindowWrite[] | undefined
  #unasked = 0
  #rowBytes = 0

  constructor(key: string, owner: { forget(rows: KeyRows): void }) {
    super(keyBytes + key.length)
    this.key = key
    this.#owner = owner
  }

  get rows(): Row[] {
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
    return keyBytes + this.key.length + this.#rowBytes
  }

  get isKnown(): boolean {
    return this.#fromMs <= this.#toMs
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
      this.#know(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
      return [{ fromMs, toMs }]
    }
    const spans: Span[] = []
    if (fromMs < this.#fromMs) spans.push({ fromMs, toMs: this.#fromMs - 1 })
    if (toMs > this.#toMs) spans.push({ fromMs: this.#toMs + 1, toMs })
    return spans
  }

  /** Adds what the database holds in a span next to what is known. */
  addRead(read: readonly RawRow[], { fromMs, toMs }: Span): void {
    if (read.length > 0) {
      this.#rows = mergeRows(this.#rows, read)
      for (const row of read) this.#rowBytes += rowBytes(row)
    }
    if (this.isKnown && (toMs < this.#fromMs - 1 || fromMs > this.#toMs + 1)) return
    this.#know(Math.min(this.#fromMs, fromMs), Math.max(this.#toMs, toMs))
  }

  /** The database has no row of the key. */
  knowAll(): void {
    this.#know(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  /** The write of this buffer for the row, if there is one. */
  writeAt(timeMs: number, offset: number): WindowWrite | undefined {
    if (this.#written === undefined) return undefined
    const row = this.#rows[indexOf(this.#rows, timeMs, offset)]
    if (row === undefined || order(row, timeMs, offset) !== 0) return undefined
    return this.#written.find((written) => order(written, timeMs, offset) === 0)
  }

  /** Puts a row that `write` will bring to the database. */
  put(row: RawRow, write: WindowWrite): void {
    this.#unasked++
    this.#rowBytes += rowBytes(row)
    if (this.#written === undefined) this.#written = [write]
    else this.#written.push(write)
    const last = this.#rows.at(-1)
    if (last === undefined || order(last, row.timeMs, row.offset) < 0) this.#rows.push(row)
    else this.replace(row)
  }

  /** Puts a row in its place, instead of one that may be there. */
  replace(row: RawRow): void {
    const index = indexOf(this.#rows, row.timeMs, row.offset)
    const replaced = order(this.#rows[index]!, row.timeMs, row.offset) === 0 ? 1 : 0
    // A new array, so that whoever is iterating over the rows is not disturbed.
    this.#rows = this.#rows.toSpliced(index, replaced, row)
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
    if (this.#unasked > unaskedRows + this.#rows.length / 2 && this.batch !== batch) {
      this.#know(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    }
    const rows = this.#rows
    const from = this.isKnown ? startOf(rows, this.#fromMs) : rows.length
    const to = this.isKnown ? endOf(rows, this.#toMs) : rows.length
    const outside = from + rows.length - to
    if (outside === 0 || (this.isKnown && outside < fewRows + rows.length / 8)) return
    const pending = new Set([...(this.#written ?? []), ...(this.#onTheWay ?? [])].map(({ offset }) => offset))
    const kept = (some: readonly Row[]) => (pending.size === 0 ? [] : some.filter(({ offset }) => pending.has(offset)))
    this.#rows = [...kept(rows.slice(0, from)), ...rows.slice(from, to), ...kept(rows.slice(to))]
    this.#rowBytes *= this.#rows.length / rows.length
  }

  /** Knows less from the past when a batch asks for later times than the last one: a window moves on. */
  #narrow(fromMs: number): void {
    const oldestMs = Math.min(fromMs, this.#askedFromMs)
    // Room for events that come out of order.
    const slackMs = Math.max(0, (this.#rows.at(-1)?.timeMs ?? 0) - oldestMs) / 4
    const keptMs = Math.ceil(oldestMs - slackMs)
    if (keptMs > this.#fromMs && keptMs <= this.#toMs) this.#fromMs = keptMs
  }

  #know(fromMs: number, toMs: number): void {
    this.#fromMs = fromMs
    this.#toMs = toMs
  }
}
