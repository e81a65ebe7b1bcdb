import { StateStoreError } from '../../src/errors.ts'
import type {
  HeldHistory,
  History,
  HistoryRequest,
  Prefetch,
  StoreDef,
  StoreOf,
  WindowEntry,
  WindowRows,
  WindowStore,
  WindowStoreDef,
} from '../../src/state/stores.ts'

interface Row {
  readonly timeMs: number
  readonly offset: number
  readonly bytes: Buffer
  /** Written since the last batch began: visible without being asked for. */
  fresh: boolean
}

interface Asked {
  readonly key: string
  readonly fromMs: number
  readonly toMs: number
}

const byPosition = (a: Row, b: Row) => a.timeMs - b.timeMs || a.offset - b.offset

/** A window store in memory that answers no more than was asked for, and forgets at the end of its retention. */
export class MemoryWindowStore<V> implements WindowStore<V> {
  readonly #def: WindowStoreDef<V>
  readonly #rows = new Map<string, Row[]>()
  #asked: Asked[] = []
  #loaded = new Set<Row>()
  #histories = new Map<string, HeldHistory<V, History<V>>>()
  /** Entries read one by one: what a look-back costs. */
  reads = 0

  constructor(def: WindowStoreDef<V>) {
    this.#def = def
  }

  get size(): number {
    return [...this.#rows.values()].reduce((sum, rows) => sum + rows.length, 0)
  }

  /** Ends a batch: what is past its retention at `streamTimeMs` is gone, and nothing is asked for. */
  endBatch(streamTimeMs: number): void {
    for (const [key, rows] of this.#rows) {
      const kept = rows.filter((row) => row.timeMs >= streamTimeMs - this.#def.retentionMs)
      for (const row of kept) row.fresh = false
      if (kept.length > 0) this.#rows.set(key, kept)
      else this.#rows.delete(key)
    }
    this.#asked = []
    this.#loaded = new Set()
    this.#histories = new Map()
  }

  ask(key: string, fromMs: number, toMs: number, newest = Number.POSITIVE_INFINITY): void {
    this.#asked.push({ key, fromMs, toMs })
    const rows = (this.#rows.get(key) ?? []).filter((row) => !row.fresh && row.timeMs >= fromMs && row.timeMs <= toMs)
    for (const row of rows.slice(Math.max(0, rows.length - newest))) this.#loaded.add(row)
  }

  /** Made anew for each batch. */
  history<H extends History<V>>({ key, sinceMs, make }: HistoryRequest<V, H>): HeldHistory<V, H> {
    const history = (this.#histories.get(key)?.history as H | undefined) ?? make()
    for (const { timeMs, offset, bytes } of this.#rows.get(key) ?? [])
      if (timeMs >= sinceMs) history.add(timeMs, offset, this.#def.serde.deserialize(bytes))
    const held: HeldHistory<V, H> = {
      history,
      put: (entry) => {
        this.put(key, entry)
        history.add(entry.timeMs, entry.offset, entry.value)
      },
    }
    this.#histories.set(key, held)
    return held
  }

  put(key: string, { timeMs, offset, value }: WindowEntry<V>): void {
    const rows = this.#rows.get(key) ?? []
    const row = { timeMs, offset, bytes: this.#def.serde.serialize(value), fresh: true }
    let at = rows.length
    while (at > 0 && byPosition(rows[at - 1]!, row) > 0) at--
    if (at > 0 && byPosition(rows[at - 1]!, row) === 0) rows[at - 1] = row
    else rows.splice(at, 0, row)
    this.#rows.set(key, rows)
  }

  *fetch(key: string, fromMs: number, toMs: number): Generator<WindowEntry<V>> {
    yield* this.#walk(this.#range(key, fromMs, toMs))
  }

  *backwardFetch(key: string, fromMs: number, toMs: number): Generator<WindowEntry<V>> {
    yield* this.#walk(this.#range(key, fromMs, toMs).reverse())
  }

  at(key: string): WindowRows<V> {
    return {
      ask: (fromMs, toMs, newest) => this.ask(key, fromMs, toMs, newest),
      put: (entry) => this.put(key, entry),
      fetch: (fromMs, toMs) => this.fetch(key, fromMs, toMs),
      backwardFetch: (fromMs, toMs) => this.backwardFetch(key, fromMs, toMs),
    }
  }

  #range(key: string, fromMs: number, toMs: number): Row[] {
    let reachedMs = fromMs
    const asked = this.#asked.filter((one) => one.key === key).sort((a, b) => a.fromMs - b.fromMs)
    for (const one of asked) if (one.fromMs <= reachedMs) reachedMs = Math.max(reachedMs, one.toMs + 1)
    if (reachedMs <= toMs) throw notPrefetched(this.#def.name, key, reachedMs)
    return (this.#rows.get(key) ?? []).filter((row) => row.timeMs >= fromMs && row.timeMs <= toMs)
  }

  *#walk(rows: readonly Row[]): Generator<WindowEntry<V>> {
    for (const row of rows) {
      const { timeMs, offset, bytes } = row
      if (!row.fresh && !this.#loaded.has(row)) throw notPrefetched(this.#def.name, '', timeMs)
      this.reads++
      yield { timeMs, offset, value: this.#def.serde.deserialize(bytes) }
    }
  }
}

const notPrefetched = (store: string, key: string, timeMs: number) =>
  new StateStoreError('store-not-prefetched', `${store} was not asked for ${key} at ${timeMs}`)

/** Window stores by definition, as a task would hold them. */
export class MemoryStores {
  readonly #stores = new Map<string, MemoryWindowStore<unknown>>()

  readonly prefetch: Prefetch = {
    get() {},
    fetch: <V>(def: WindowStoreDef<V>, ...[key, fromMs, toMs, newest]: [string, number, number, number?]) => {
      const rows = this.#of(def).at(key)
      rows.ask(fromMs, toMs, newest)
      return rows as WindowRows<V>
    },
    history: <V, H extends History<V>>(request: HistoryRequest<V, H>) =>
      (this.#of(request.store) as MemoryWindowStore<V>).history(request),
  }

  store<D extends StoreDef<never>>(def: D): StoreOf<D> {
    return this.#of(def) as unknown as StoreOf<D>
  }

  of(name: string): MemoryWindowStore<unknown> {
    const store = this.#stores.get(name)
    if (store === undefined) throw new Error(`nobody opened a store ${name}`)
    return store
  }

  endBatch(streamTimeMs: number): void {
    for (const store of this.#stores.values()) store.endBatch(streamTimeMs)
  }

  #of(def: StoreDef<never>): MemoryWindowStore<unknown> {
    if (def.kind !== 'window') throw new Error(`${def.name} is no window store`)
    const known = this.#stores.get(def.name)
    if (known !== undefined) return known
    const made = new MemoryWindowStore(def as unknown as WindowStoreDef<unknown>)
    this.#stores.set(def.name, made)
    return made
  }
}
