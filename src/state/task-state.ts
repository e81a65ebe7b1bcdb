import { StateStoreError, TopologyError } from '../errors.ts'
import { StateCache } from './cache.ts'
import type { Change, StateDb } from './engine.ts'
import { BufferedHistoryStore } from './history-store.ts'
import { BufferedIdStore } from './ids/id-store.ts'
import { type CacheName, type Drained, Journal, type StoreState } from './journal.ts'
import { BufferedKeyValueStore } from './key-value-store.ts'
import { KeyedValues } from './keyed-values.ts'
import { StoredKeys } from './stored-keys.ts'
import type {
  History,
  HistoryRequest,
  HistoryStoreDef,
  Prefetch,
  StoreDef,
  StoreOf,
  WindowRows,
  WindowStoreDef,
} from './stores.ts'
import { Sweeper } from './sweeper.ts'
import { systemColumn } from './system.ts'
import { BufferedTimestampedStore, timestampedReader } from './timestamped-store.ts'
import { BufferedWindowStore } from './window-store.ts'

export type { ChangelogEntry, Drained } from './journal.ts'

export interface TaskStateOptions {
  /** Open with a column for each store, and `systemColumn`. */
  readonly db: StateDb
  readonly stores: readonly StoreDef[]
  /** The task's stream time; retention counts from it. */
  readonly streamTimeMs: () => number
  /**
   * About how much memory may hold values and entries across batches, for all stores together; 0 keeps nothing longer than
   * a batch needs it. Histories have twice as much on top. Default 32 MiB.
   */
  readonly cacheBytes?: number
}

const defaultCacheBytes = 32 * 1024 * 1024
/** Histories are read whole: letting them go costs more. */
const historyShare = 2

type OpenStore =
  | { readonly kind: 'keyed'; readonly store: unknown; readonly state: KeyedValues<unknown> }
  | { readonly kind: 'window'; readonly store: unknown; readonly state: BufferedWindowStore<unknown> }
  | { readonly kind: 'history'; readonly store: unknown; readonly state: BufferedHistoryStore<unknown> }
  | { readonly kind: 'ids'; readonly store: unknown; readonly state: BufferedIdStore }

interface Parts {
  readonly journal: Journal
  readonly caches: Readonly<Record<CacheName, StateCache>>
  readonly sweeper: Sweeper
}

const isHistoryStore = (def: StoreDef): def is HistoryStoreDef<unknown> => 'reads' in def

function kindOf(def: StoreDef): OpenStore['kind'] {
  if (isHistoryStore(def)) return 'history'
  return def.kind === 'window' || def.kind === 'ids' ? def.kind : 'keyed'
}

/** The columns that a database of these stores needs. */
export const columnsOf = (stores: readonly StoreDef[]): string[] => [systemColumn, ...stores.map(({ name }) => name)]

/**
 * The stores of one task and the buffer in front of its database. A batch goes: wishes and `prefetch`, processing,
 * `drain`, commit and database write, `applied`. After `drain` the next batch may be prefetched and processed while that
 * write is on its way: it sees what was drained. Until `applied` nothing is lost by a crash but what the log still has.
 *
 * What was read or written stays in memory for later batches as far as `cacheBytes` allows. So two reads may give the same
 * object: values that stores give out must not be changed. To change one, put another.
 */
export class TaskState {
  readonly #stores: ReadonlyMap<string, OpenStore>
  readonly #states: readonly StoreState[]
  readonly #journal: Journal
  readonly #caches: readonly (readonly [CacheName, StateCache])[]
  readonly #sweeper: Sweeper
  readonly #prefetcher: Prefetch
  /** How many drains with changes the database does not have yet. */
  #onTheWay = 0
  /** The stream time of what is about to be applied. */
  #sweptMs: number | undefined

  private constructor(stores: ReadonlyMap<string, OpenStore>, { journal, caches, sweeper }: Parts) {
    this.#stores = stores
    this.#states = [...stores.values()].map(({ state }) => state)
    this.#journal = journal
    this.#caches = Object.entries(caches) as [CacheName, StateCache][]
    this.#sweeper = sweeper
    this.#prefetcher = {
      get: (def, key) => {
        if (def.kind !== 'ids') this.#open(def, 'keyed').state.wish(key)
      },
      fetch: <V>(def: WindowStoreDef<V>, key: string, fromMs: number, toMs: number) =>
        this.#open(def, 'window').state.wish(key, fromMs, toMs) as WindowRows<V>,
      history: <V, H extends History<V>>(request: HistoryRequest<V, H>) =>
        (this.#open(request.store, 'history').state as BufferedHistoryStore<V>).wish(request),
    }
  }

  /** @throws TopologyError `topology-invalid` when two stores share a name, or one has the name `system` */
  static open({ db, stores, streamTimeMs, cacheBytes = defaultCacheBytes }: TaskStateOptions): TaskState {
    const journal = new Journal()
    const caches = { values: new StateCache(cacheBytes), histories: new StateCache(historyShare * cacheBytes) }
    const parts = { db, journal, cache: caches.values, streamTimeMs }
    const open = new Map<string, OpenStore>()
    for (const def of stores) {
      if (def.name === systemColumn || open.has(def.name)) {
        throw new TopologyError('topology-invalid', `the store name ${def.name} is taken; give the store another name`)
      }
      if (isHistoryStore(def)) {
        const own = { ...parts, cache: caches.histories }
        const store = new BufferedHistoryStore(def, { ...own, stored: new StoredKeys(def, own) })
        open.set(def.name, { kind: 'history', store, state: store })
      } else if (def.kind === 'window') {
        const store = new BufferedWindowStore(def, { ...parts, stored: new StoredKeys(def, parts) })
        open.set(def.name, { kind: 'window', store, state: store })
      } else if (def.kind === 'ids') {
        const store = new BufferedIdStore(def, parts)
        open.set(def.name, { kind: 'ids', store, state: store })
      } else if (def.kind === 'key-value') {
        const state = new KeyedValues(def, { ...parts, read: (bytes: Buffer) => def.serde.deserialize(bytes) })
        open.set(def.name, { kind: 'keyed', store: new BufferedKeyValueStore(def, state), state })
      } else {
        const stored = new StoredKeys(def, parts)
        const state = new KeyedValues(def, { ...parts, stored, read: timestampedReader(def) })
        open.set(def.name, { kind: 'keyed', store: new BufferedTimestampedStore(def, state, streamTimeMs), state })
      }
    }
    return new TaskState(open, { journal, caches, sweeper: new Sweeper(db, stores) })
  }

  /** The live store, the same object each time. @throws StateStoreError when the task was not opened with it */
  store<D extends StoreDef>(def: D): StoreOf<D> {
    return this.#open(def, kindOf(def)).store as StoreOf<D>
  }

  /** Takes note of what the next `prefetch` is to load. */
  prefetcher(): Prefetch {
    return this.#prefetcher
  }

  /** Loads what was wished for, in one read a store. Valid until `drain` or `discard`; not to be run beside them. */
  async prefetch(): Promise<void> {
    await Promise.all(this.#states.map((state) => state.load()))
  }

  /** What was written since the last time, and begins the next buffer, which sees it. */
  drain(): Drained {
    for (const state of this.#states) state.seal?.()
    const drained = this.#journal.drain()
    if (!drained.isEmpty) {
      this.#sweeper.noteWrites(drained.changelog)
      for (const state of this.#states) state.drained()
      for (const [name, cache] of this.#caches) cache.drained(drained.cachedBytes[name])
      this.#onTheWay++
    }
    for (const [, cache] of this.#caches) {
      cache.batch++
      cache.evict()
    }
    return drained
  }

  /**
   * Deletions of what is past its retention at this stream time, which the log has; they go before the changes in a database
   * write and into no changelog. Ask when the database has all earlier batches. See `Sweeper.sweep`.
   */
  sweep(streamTimeMs: number): Promise<Change[]> {
    this.#sweptMs = streamTimeMs
    return this.#sweeper.sweep(streamTimeMs)
  }

  /** The database has the first of the drains with changes that it did not have, if there are any. */
  applied(): void {
    const brought = this.#onTheWay > 0
    if (brought) this.#onTheWay--
    for (const state of this.#states) {
      if (brought) state.applied()
      if (this.#sweptMs !== undefined) state.settle(this.#sweptMs)
    }
    this.#sweptMs = undefined
    for (const [, cache] of this.#caches) {
      if (brought) cache.applied()
      cache.evict()
    }
  }

  /**
   * Forgets everything that is not in the database: the buffer, what was drained, and what was loaded. Not while the database
   * is still being written to: what that brings would be missed later.
   */
  discard(): void {
    this.#onTheWay = 0
    this.#sweptMs = undefined
    this.#journal.drain()
    this.#sweeper.discard()
    for (const state of this.#states) state.discard()
    for (const [, cache] of this.#caches) cache.clear()
  }

  #open<K extends OpenStore['kind']>(def: { readonly name: string }, kind: K): Extract<OpenStore, { kind: K }> {
    const store = this.#stores.get(def.name)
    if (store?.kind !== kind) {
      throw new StateStoreError(
        'store-unavailable',
        `the task has no such store ${def.name}; declare it in its operator`,
      )
    }
    return store as Extract<OpenStore, { kind: K }>
  }
}
