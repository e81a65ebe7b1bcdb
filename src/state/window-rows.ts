import type { Write } from './journal.ts'

/** One entry of a window store's key. `write` is there when this buffer wrote it. */
export interface Row {
  readonly timeMs: number
  readonly offset: number
  readonly bytes: Buffer
  readonly write: Write | undefined
}

const order = (a: Row, timeMs: number, offset: number): number => a.timeMs - timeMs || a.offset - offset

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

/** A key's rows in memory, ordered by (time, offset), and the span of time in which they are all there are. */
export class KeyRows {
  /** What the keys of the rows start with in the database. */
  readonly prefix: Buffer
  fromMs = Number.POSITIVE_INFINITY
  toMs = Number.NEGATIVE_INFINITY
  #rows: Row[] = []

  constructor(prefix: Buffer) {
    this.prefix = prefix
  }

  get rows(): readonly Row[] {
    return this.#rows
  }

  at(timeMs: number, offset: number): Row | undefined {
    const row = this.#rows[indexOf(this.#rows, timeMs, offset)]
    return row !== undefined && order(row, timeMs, offset) === 0 ? row : undefined
  }

  put(row: Row): void {
    const last = this.#rows.at(-1)
    if (last === undefined || order(last, row.timeMs, row.offset) < 0) {
      this.#rows.push(row)
      return
    }
    // A new array, so that whoever is iterating over the rows is not disturbed.
    const index = indexOf(this.#rows, row.timeMs, row.offset)
    const replaced = order(this.#rows[index]!, row.timeMs, row.offset) === 0 ? 1 : 0
    this.#rows = this.#rows.toSpliced(index, replaced, row)
  }

  /** Adds what older layers hold from `fromMs` to `toMs`, which must touch what is there already. */
  addOlder(rows: readonly Row[], fromMs: number, toMs: number): void {
    this.#rows = mergeRows(this.#rows, rows)
    this.fromMs = Math.min(this.fromMs, fromMs)
    this.toMs = Math.max(this.toMs, toMs)
  }

  covers(fromMs: number, toMs: number): boolean {
    return this.fromMs <= fromMs && toMs <= this.toMs
  }
}
