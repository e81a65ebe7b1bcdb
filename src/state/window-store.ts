import { StateStoreError } from '../errors.ts'
import type { PackedSerde } from '../record/serde.ts'
import type { StateCache } from './cache.ts'
import type { Entry, KeyRange, StateDb } from './engine.ts'
import type { Journal, StoreState } from './journal.ts'
import { KeyRows, type RowsOwner } from './key-rows.ts'
import { wellFormed, windowOffsetOf, windowTimeOf } from './keys.ts'
import { packedSerde } from './packed-bytes.ts'
import { PendingRows } from './pending-rows.ts'
import { expiredBefore } from './retention.ts'
import { RowWalk } from './row-walk.ts'
import { type Span, SpanTable } from './span-table.ts'
import type { StoredKeys } from './stored-keys.ts'
import type { WindowEntry, WindowRows, WindowStore, WindowStoreDef } from './stores.ts'
import { WindowColumn } from './window-column.ts'
import { Rows } from './window-rows.ts'

export interface WindowStoreOptions {
  readonly db: StateDb
  readonly journal: Journal
  readonly cache: StateCache
  readonly streamTimeMs: () => number
  readonly stored: StoredKeys
}

/** A span of a key that is to be read. With `onwards` also what is later, if that is little. */
interface Gap extends Span {
  readonly held: KeyRows
  readonly onwards: boolean
}

/** So many entries are read in one go where a key's last ones are wanted. */
const lastEntries = 256
const noRows = new Rows()
const none: readonly never[] = []

/**
 * Hides what is past its retention whether or not a sweep has been there, so that sweeps change no result. Reads cost
 * what they return, not what the window holds. Rows stay in the task's cache, with the span of time in which they are all
 * there are: what lies there is not read again.
 */
export class BufferedWindowStore<V> implements WindowStore<V>, StoreState, RowsOwner {
  readonly #def: WindowStoreDef<V>
  readonly #serde: PackedSerde<V>
  readonly #db: StateDb
  readonly #cache: StateCache
  readonly #streamTimeMs: () => number
  readonly #column: WindowColumn
  #wishes = new Set<KeyRows>()
  #keys = new Map<string, KeyRows>()
  #spans = new SpanTable()
  readonly #pending = new PendingRows()
  /** What was put last, and its number: sequences over the same events all keep them. */
  #lastPut: WindowEntry<V> | undefined
  #lastNumber = 0
  /** Counts the batches of this store, from 1. */
  #batch = 1
  #appliedBatch = 0

  constructor(def: WindowStoreDef<V>, { db, journal, cache, streamTimeMs, stored }: WindowStoreOptions) {
    this.#def = def
    this.#serde = packedSerde(def.serde)
    this.#db = db
    this.#cache = cache
    this.#streamTimeMs = streamTimeMs
    this.#column = new WindowColumn(def, { db, journal, stored, cachedIn: undefined })
  }

  get batch(): number {
    return this.#batch
  }

  get appliedBatch(): number {
    return this.#appliedBatch
  }

  get spans(): SpanTable {
    return this.#spans
  }

  at(key: string): WindowRows<V> {
    return this.#rowsOf(wellFormed(key)) as WindowRows<V>
  }

  put(key: string, entry: WindowEntry<V>): void {
    this.putInto(this.#rowsOf(wellFormed(key)), entry)
  }

  fetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.fetchFrom(this.#rowsOf(wellFormed(key)), fromMs, toMs)
  }

  backwardFetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    return this.backwardFetchFrom(this.#rowsOf(wellFormed(key)), fromMs, toMs)
  }

  wish(key: string, fromMs: number, toMs: number): WindowRows<V> {
    const held = this.#rowsOf(wellFormed(key))
    this.wishFor(held, fromMs, toMs)
    return held as WindowRows<V>
  }

  putInto(known: KeyRows, entry: WindowEntry<V>): void {
    const held = this.#current(known)
    if (this.#isPut(held, entry)) return
    const { key } = held
    const packed = this.#serde.serialize(entry.value)
    if (this.#column.isFull) this.seal()
    const at = this.#column.add(key, entry, packed)
    this.#use(held)
    this.#pending.add(held.hash, at)
    held.add(entry, packed, this.#batch)
    if (held.isLong) held.trim(this.#cache.batch, expiredBefore(this.#def, this.#streamTimeMs()))
    this.#resize(held)
  }

  fetchFrom(known: KeyRows, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    const { rows, from, to } = this.#slice(known, fromMs, toMs)
    return from < to ? new RowWalk(rows, { first: from, end: to, step: 1 }, this.#serde) : none
  }

  backwardFetchFrom(known: KeyRows, fromMs: number, toMs: number): Iterable<WindowEntry<V>> {
    const { rows, from, to } = this.#slice(known, fromMs, toMs)
    return from < to ? new RowWalk(rows, { first: to - 1, end: from - 1, step: -1 }, this.#serde) : none
  }

  wishFor(known: KeyRows, askedFromMs: number, toMs: number): void {
    const fromMs = this.#clamp(askedFromMs)
    if (fromMs > toMs) return
    const held = this.#current(known)
    this.#use(held)
    held.note(fromMs, toMs, this.#cache.batch)
    if (held.isComplete) return
    if (this.#column.mayHave(held.key)) this.#wishes.add(held)
    else held.knowAll()
  }

  async load(): Promise<void> {
    await this.#column.load()
    const into = this.#keys
    const streamTimeMs = this.#streamTimeMs()
    let gaps: Gap[] = []
    for (const held of this.#wishes) {
      for (const span of held.missing())
        gaps.push({ held, ...span, onwards: span.toMs >= streamTimeMs && !held.isKnownAfter(span.toMs) })
    }
    this.#wishes = new Set()
    while (gaps.length > 0) {
      const ranges = gaps.map((gap) => this.#rangesOf(gap))
      const answers = await this.#cache.reading(this.#db.getRanges(this.#def.name, ranges.flat()))
      // After a discard nothing may be taken for known that was read before it.
      if (this.#keys !== into) return
      let at = 0
      gaps = gaps.flatMap((gap, n) => {
        const from = at
        at += ranges[n]!.length
        return this.#fill(gap, answers.slice(from, at))
      })
    }
  }

  seal(): void {
    const page = this.#column.seal()
    if (page !== undefined) this.#pending.seal(page)
  }

  drained(): void {
    this.#batch++
    this.#pending.drained()
    this.#lastPut = undefined
  }

  applied(): void {
    this.#appliedBatch++
    this.#pending.applied()
  }

  settle(streamTimeMs: number): void {
    this.#column.settle(streamTimeMs)
  }

  discard(): void {
    this.#wishes = new Set()
    this.#keys = new Map()
    this.#spans = new SpanTable()
    this.#lastPut = undefined
    this.#column.discard()
    this.#pending.clear()
    this.#appliedBatch = this.#batch - 1
  }

  forget({ key }: KeyRows): void {
    this.#keys.delete(key)
  }

  #rangesOf({ held, fromMs, toMs, onwards }: Gap): KeyRange[] {
    const ranges = this.#column.rangesOf(held.key, fromMs, onwards ? Number.POSITIVE_INFINITY : toMs)
    return onwards ? ranges.map((range) => ({ ...range, limit: lastEntries })) : ranges
  }

  /** Takes in what was read, a list a segment; returns what is still to be read. */
  #fill({ held, fromMs, toMs, onwards }: Gap, answers: readonly Entry[][]): Gap[] {
    let knownToMs = onwards ? Number.POSITIVE_INFINITY : toMs
    for (const entries of answers) {
      // There may be more rows at the last one's time.
      if (onwards && entries.length === lastEntries)
        knownToMs = Math.min(knownToMs, windowTimeOf(entries.at(-1)!.key) - 1)
    }
    const isCut = onwards && knownToMs < Number.POSITIVE_INFINITY
    const entries = joined(answers)
    held.addRead(isCut ? entries.filter(({ key }) => windowTimeOf(key) <= knownToMs) : entries, {
      fromMs,
      toMs: Math.max(fromMs - 1, knownToMs),
    })
    this.#resize(held)
    return isCut && knownToMs < toMs ? [{ held, fromMs: knownToMs + 1, toMs, onwards: false }] : []
  }

  #rowsOf(key: string): KeyRows {
    return this.#keys.get(key) ?? new KeyRows(key, this)
  }

  /** Whether the same was just put there; takes note of it. */
  #isPut(held: KeyRows, entry: WindowEntry<V>): boolean {
    const last = this.#lastPut
    if (last?.value !== entry.value || last.offset !== entry.offset || last.timeMs !== entry.timeMs) {
      this.#lastPut = entry
      this.#lastNumber++
    } else if (held.lastPut === this.#lastNumber) return true
    held.lastPut = this.#lastNumber
    return false
  }

  /** The key's rows that count: others may have taken the place of those since they were looked up. */
  #current(known: KeyRows): KeyRows {
    return known.place < 0 ? this.#rowsOf(known.key) : known
  }

  #use(held: KeyRows): void {
    if (held.place < 0) {
      held.enter(this.#pending)
      this.#keys.set(held.key, held)
    }
    this.#cache.use(held)
  }

  #resize(held: KeyRows): void {
    this.#cache.resize(held, held.heldBytes)
  }

  #clamp(fromMs: number): number {
    return Math.max(fromMs, expiredBefore(this.#def, this.#streamTimeMs()))
  }

  #slice(known: KeyRows, askedFromMs: number, toMs: number): { rows: Rows; from: number; to: number } {
    const fromMs = this.#clamp(askedFromMs)
    if (fromMs > toMs) return { rows: noRows, from: 0, to: 0 }
    const held = this.#current(known)
    if (!held.answers(fromMs, toMs, this.#cache.batch)) {
      throw new StateStoreError(
        'store-not-prefetched',
        `store ${this.#def.name} was not asked for ${held.key} from ${fromMs} to ${toMs}; ask in the operator's prefetch`,
      )
    }
    const { rows } = held
    return { rows, from: rows.startOf(fromMs), to: rows.endOf(toMs) }
  }
}

/** Segments follow each other in time, but where the retention has changed. */
function joined(answers: readonly Entry[][]): readonly Entry[] {
  if (answers.length < 2) return answers[0] ?? []
  const entries = answers.flat()
  const order = (a: Entry, b: Entry) =>
    windowTimeOf(a.key) - windowTimeOf(b.key) || windowOffsetOf(a.key) - windowOffsetOf(b.key)
  entries.sort(order)
  return entries.filter((entry, n) => n === 0 || order(entries[n - 1]!, entry) < 0)
}
