import { StateStoreError } from '../errors.ts'
import type { Entry, StateDb } from './engine.ts'
import type { Journal, StoreState } from './journal.ts'
import { wellFormed, windowKey, windowOffsetOf, windowPrefix, windowRange, windowTimeOf } from './keys.ts'
import { expiredBefore } from './retention.ts'
import type { WindowEntry, WindowStore, WindowStoreDef } from './stores.ts'
import { indexOf, KeyRows, mergeRows, type Row } from './window-rows.ts'

interface Span {
  readonly fromMs: number
  readonly toMs: number
}

const hull = (a: Span, b: Span): Span => ({
  fromMs: Math.min(a.fromMs, b.fromMs),
  toMs: Math.max(a.toMs, b.toMs),
})

const rowOf = ({ key, value }: Entry): Row => ({
  timeMs: windowTimeOf(key),
  offset: windowOffsetOf(key),
  bytes: value,
  write: undefined,
})

/**
 * Hides what is past its retention whether or not a sweep has been there, so that sweeps change no result. Reads cost
 * what they return, not what the window holds.
 */
export class BufferedWindowStore<V> implements WindowStore<V>, StoreState {
  readonly #def: WindowStoreDef<V>
  readonly #db: StateDb
  readonly #journal: Journal
  readonly #streamTimeMs: () => number
  #wishes = new Map<string, Span>()
  #keys = new Map<string, KeyRows>()
  /** The rows of the batch whose writes are on their way to the database. */
  #onTheWay = new Map<string, KeyRows>()

  constructor(def: WindowStoreDef<V>, db: StateDb, journal: Journal, streamTimeMs: () => number) {
    this.#def = def
    this.#db = db
    this.#journal = journal
    this.#streamTimeMs = streamTimeMs
  }

  put(anyKey: string, { timeMs, offset, value }: WindowEntry<V>): void {
    const held = this.#rowsOf(wellFormed(anyKey))
    const bytes = this.#def.serde.serialize(value)
    const before = held.at(timeMs, offset)?.write
    if (before !== undefined) before.value = bytes
    const write =
      before ?? this.#journal.add({ store: this.#def.name, key: windowKey(held.prefix, timeMs, offset), value: bytes })
    held.put({ timeMs, offset, bytes, write })
  }

  fetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    const { rows, from, to } = this.#slice(key, fromMs, toMs)
    const { serde } = this.#def
    return {
      *[Symbol.iterator]() {
        for (let n = from; n < to; n++) yield entryOf(rows[n]!, serde)
      },
    }
  }

  backwardFetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    const { rows, from, to } = this.#slice(key, fromMs, toMs)
    const { serde } = this.#def
    return {
      *[Symbol.iterator]() {
        for (let n = to - 1; n >= from; n--) yield entryOf(rows[n]!, serde)
      },
    }
  }

  wish(anyKey: string, fromMs: number, toMs: number): void {
    const key = wellFormed(anyKey)
    const wish = this.#wishes.get(key)
    const span = { fromMs, toMs }
    this.#wishes.set(key, wish === undefined ? span : hull(wish, span))
  }

  async load(): Promise<void> {
    const into = this.#keys
    const onTheWay = this.#onTheWay
    const spans: (readonly [string, Span])[] = []
    for (const [key, wish] of this.#wishes) {
      const span = this.#missing(into.get(key), wish)
      if (span !== undefined) spans.push([key, span])
    }
    this.#wishes = new Map()
    if (spans.length === 0) return
    const answers = await this.#db.getRanges(
      this.#def.name,
      spans.map(([key, { fromMs, toMs }]) => windowRange(windowPrefix(key), fromMs, toMs)),
    )
    // A batch that ended meanwhile took its rows with it.
    if (this.#keys !== into) return
    for (const [n, [key, { fromMs, toMs }]] of spans.entries()) {
      const newer = writtenWithin(onTheWay.get(key), fromMs, toMs)
      this.#rowsOf(key).addOlder(mergeRows(newer, answers[n]!.map(rowOf)), fromMs, toMs)
    }
  }

  drained(): void {
    this.#onTheWay = this.#keys
    this.#keys = new Map()
  }

  applied(): void {
    this.#onTheWay = new Map()
  }

  discard(): void {
    this.#wishes = new Map()
    this.#keys = new Map()
    this.#onTheWay = new Map()
  }

  #rowsOf(key: string): KeyRows {
    let held = this.#keys.get(key)
    if (held === undefined) {
      held = new KeyRows(windowPrefix(key))
      this.#keys.set(key, held)
    }
    return held
  }

  /** What must be read for a wish: one span together with what is held, so that a key never has gaps. */
  #missing(held: KeyRows | undefined, wish: Span): Span | undefined {
    const span = { fromMs: this.#clamp(wish.fromMs), toMs: wish.toMs }
    if (span.fromMs > span.toMs || held?.covers(span.fromMs, span.toMs)) return undefined
    return held === undefined ? span : hull(span, held)
  }

  #clamp(fromMs: number): number {
    return Math.max(fromMs, expiredBefore(this.#def, this.#streamTimeMs()))
  }

  #slice(anyKey: string, askedFromMs: number, toMs: number): { rows: readonly Row[]; from: number; to: number } {
    const fromMs = this.#clamp(askedFromMs)
    if (fromMs > toMs) return { rows: [], from: 0, to: 0 }
    const held = this.#keys.get(wellFormed(anyKey))
    if (held === undefined || !held.covers(fromMs, toMs)) {
      throw new StateStoreError(
        'store-not-prefetched',
        `store ${this.#def.name} was not asked for ${anyKey} from ${fromMs} to ${toMs}; ask in the operator's prefetch`,
      )
    }
    const { rows } = held
    return {
      rows,
      from: indexOf(rows, fromMs, Number.NEGATIVE_INFINITY),
      to: indexOf(rows, toMs, Number.POSITIVE_INFINITY),
    }
  }
}

const entryOf = <V>({ timeMs, offset, bytes }: Row, serde: WindowStoreDef<V>['serde']): WindowEntry<V> => ({
  timeMs,
  offset,
  value: serde.deserialize(bytes),
})

/** What a batch wrote of a key in a span, as rows that the next batch has not written. */
const writtenWithin = (held: KeyRows | undefined, fromMs: number, toMs: number): Row[] =>
  held === undefined
    ? []
    : held.rows
        .filter(({ timeMs, write }) => write !== undefined && fromMs <= timeMs && timeMs <= toMs)
        .map((row) => ({ ...row, write: undefined }))
