import type { PackedSerde } from '../record/serde.ts'
import type { Span } from './span-table.ts'
import type { WindowEntry } from './stores.ts'
import type { Rows } from './window-rows.ts'

/** Times that are walked over, both inclusive. */
export interface WalkSpan extends Span {
  /** 1 for the oldest first, -1 for the newest. */
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

  constructor(rows: Rows, { fromMs, toMs, step }: WalkSpan, serde: PackedSerde<V>) {
    this.#rows = rows
    const from = rows.startOf(fromMs)
    const to = rows.endOf(toMs)
    this.#at = step > 0 ? from : to - 1
    this.#end = step > 0 ? to : from - 1
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
