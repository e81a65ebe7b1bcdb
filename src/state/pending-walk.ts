import type { PackedSerde } from '../record/serde.ts'
import type { HashedKey, PendingRows } from './pending-rows.ts'
import type { WalkSpan } from './row-walk.ts'
import type { WindowEntry } from './stores.ts'

/** Whose rows a walk gives out. */
export interface WalkedKey extends HashedKey {
  /** The next walk would be better off with rows in an order of their own, whose values stay. */
  outgrow(): void
}

/** A row, by its number among those that wait for the database. */
interface Found {
  readonly timeMs: number
  readonly offset: number
  readonly row: number
}

/** A walk that finds so many rows is long: to read the values anew each time would cost more than to keep them, */
const mostFound = 8
/** and so is one that looks at so many in vain. */
const mostMissed = 64

/**
 * Walks once over a key's rows of a span where they wait for the database. They are met in the order of puts, the last one first,
 * and given out by (time, offset), which is nearly the same: back in time it looks no further than somebody asks. All answers are
 * the same object, good until the next is asked for.
 */
export class PendingWalk<V> implements Iterable<WindowEntry<V>>, Iterator<WindowEntry<V>, undefined> {
  readonly #pending: PendingRows
  readonly #key: WalkedKey
  readonly #span: WalkSpan
  readonly #serde: PackedSerde<V>
  readonly #answer: { done: boolean; value: WindowEntry<V> | undefined } = { done: false, value: undefined }
  /** The latest first. */
  readonly #found: Found[] = []
  /** The next row to look at. */
  #row: number
  #missed = 0
  #given = 0

  constructor(pending: PendingRows, key: WalkedKey, span: WalkSpan, serde: PackedSerde<V>) {
    this.#pending = pending
    this.#key = key
    this.#span = span
    this.#serde = serde
    this.#row = pending.last(key.hash)
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<WindowEntry<V>, undefined> {
    const answer = this.#answer
    const found = this.#next()
    answer.done = found === undefined
    answer.value = found && this.#entryOf(found)
    return answer as IteratorResult<WindowEntry<V>, undefined>
  }

  #next(): Found | undefined {
    const found = this.#found
    while (this.#row !== 0 && this.#pending.latestMs(this.#row) >= this.#soughtMs) this.#look()
    if (this.#given === found.length) return undefined
    this.#given++
    return this.#span.step < 0 ? found[this.#given - 1] : found[found.length - this.#given]
  }

  /** Rows before this time change nothing of what is given out next. */
  get #soughtMs(): number {
    const next = this.#span.step < 0 ? this.#found[this.#given] : undefined
    return next === undefined ? this.#span.fromMs : next.timeMs
  }

  #look(): void {
    const pending = this.#pending
    const row = this.#row
    this.#row = pending.before(row)
    const timeMs = pending.timeOf(row)
    if (timeMs < this.#span.fromMs || timeMs > this.#span.toMs || !pending.isOf(row, this.#key)) {
      if (++this.#missed === mostMissed) this.#key.outgrow()
    } else this.#insert({ timeMs, offset: pending.offsetOf(row), row })
  }

  #insert(row: Found): void {
    const found = this.#found
    let at = found.length
    while (at > this.#given && isBefore(found[at - 1]!, row)) at--
    const later = found[at - 1]
    // Of the same time and offset what was put last counts.
    if (later !== undefined && !isBefore(row, later)) return
    if (at === found.length) found.push(row)
    else found.splice(at, 0, row)
    if (found.length === mostFound) this.#key.outgrow()
  }

  #entryOf({ timeMs, offset, row }: Found): WindowEntry<V> {
    return { timeMs, offset, value: this.#serde.deserialize(this.#pending.packedAt(row)) }
  }
}

const isBefore = (a: Found, b: Found): boolean => a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.offset < b.offset)
