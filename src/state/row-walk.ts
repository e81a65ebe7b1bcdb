import type { Serde } from '../record/serde.ts'
import type { WindowEntry } from './stores.ts'
import type { Rows } from './window-rows.ts'

export interface Walk {
  readonly first: number
  /** The index at which it is over. */
  readonly end: number
  readonly step: 1 | -1
}

/** Walks over rows as entries, read one by one as somebody asks. A generator would cost more than most walks. */
export class RowWalk<V> implements Iterable<WindowEntry<V>> {
  readonly #rows: Rows
  readonly #walk: Walk
  readonly #serde: Serde<V>

  constructor(rows: Rows, walk: Walk, serde: Serde<V>) {
    this.#rows = rows
    this.#walk = walk
    this.#serde = serde
  }

  [Symbol.iterator](): Iterator<WindowEntry<V>, undefined> {
    const rows = this.#rows
    const serde = this.#serde
    const { first, end, step } = this.#walk
    let at = first
    return {
      next() {
        if (at === end) return { done: true, value: undefined }
        const value = rows.entryAt(at, serde)
        at += step
        return { done: false, value }
      },
    }
  }
}
