import type { PackedSerde } from '../record/serde.ts'
import type { WindowEntry } from './stores.ts'
import type { Rows } from './window-rows.ts'

export interface Walk {
  readonly first: number
  /** The index at which it is over. */
  readonly end: number
  readonly step: 1 | -1
}

/**
 * Walks over rows as entries, once, read one by one as somebody asks. A generator would cost more than most walks, and so would an
 * object for each answer: all are the same one, good until the next is asked for.
 */
export class RowWalk<V> implements Iterable<WindowEntry<V>>, Iterator<WindowEntry<V>, undefined> {
  readonly #rows: Rows
  readonly #end: number
  readonly #step: 1 | -1
  readonly #serde: PackedSerde<V>
  readonly #answer: { done: boolean; value: WindowEntry<V> | undefined } = { done: false, value: undefined }
  #at: number

  constructor(rows: Rows, { first, end, step }: Walk, serde: PackedSerde<V>) {
    this.#rows = rows
    this.#at = first
    this.#end = end
    this.#step = step
    this.#serde = serde
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<WindowEntry<V>, undefined> {
    const answer = this.#answer
    answer.done = this.#at === this.#end
    answer.value = answer.done ? undefined : this.#rows.entryAt(this.#at, this.#serde)
    if (!answer.done) this.#at += this.#step
    return answer as IteratorResult<WindowEntry<V>, undefined>
  }
}
