import type { Serde } from '../record/serde.ts'

/**
 * What operators see of state. Reads answer from memory: what a polled batch needs is prefetched first, and writes go to
 * the task's buffer, where later reads of the same task find them. Nothing reaches the database before the commit.
 * Values that a store gave out must not be changed, since later reads may give the same objects: put another instead.
 */

/** Values by key, kept until deleted; the changelog is compacted. */
export interface KeyValueStoreDef<V> {
  readonly kind: 'key-value'
  readonly name: string
  readonly serde: Serde<V>
}

/** Values by key with a time, gone when stream time has passed it by more than `retentionMs`. */
export interface TimestampedStoreDef<V> {
  readonly kind: 'timestamped'
  readonly name: string
  readonly serde: Serde<V>
  readonly retentionMs: number
}

/**
 * Ids with the offset and the time at which each was taken, gone when stream time has passed that by more than `retentionMs`.
 * They are kept by the batch, not one by one, and take 5 to 20 bytes of memory each: for retentions of hours. Ids are put in
 * the order of their offsets.
 */
export interface IdStoreDef {
  readonly kind: 'ids'
  readonly name: string
  readonly retentionMs: number
}

/** Many entries a key, ordered by (time, offset), gone when stream time has passed their time by more than `retentionMs`. */
export interface WindowStoreDef<V> {
  readonly kind: 'window'
  readonly name: string
  readonly serde: Serde<V>
  readonly retentionMs: number
}

/**
 * A window store whose readers want all entries of a key since some time, and hold them in a form of their own. In the changelog and the
 * database it is like any other.
 */
export interface HistoryStoreDef<V> extends WindowStoreDef<V> {
  readonly reads: 'histories'
  /** Counts up when the same definitions give stores of other names or contents: state with a lower one is refused. Default 1. */
  readonly layout?: number
}

/**
 * Any kind of store. `StoreDef` and `StoreDef<never>` both mean a store of any values: a serde gives values back, so that
 * a literal `never` would admit no store at all.
 */
export type StoreDef<V = unknown> = [V] extends [never]
  ? StoreDef
  : KeyValueStoreDef<V> | TimestampedStoreDef<V> | WindowStoreDef<V> | IdStoreDef

export interface KeyValueStore<V> {
  get(key: string): V | undefined
  put(key: string, value: V): void
  delete(key: string): void
}

export interface Timestamped<V> {
  readonly value: V
  readonly timestampMs: number
}

export interface TimestampedStore<V> {
  /** Not of entries past their retention. */
  get(key: string): Timestamped<V> | undefined
  put(key: string, value: V, timestampMs: number): void
}

export interface WindowEntry<V> {
  readonly timeMs: number
  readonly offset: number
  readonly value: V
}

export interface WindowStore<V> {
  /** An entry with the same key, time and offset is replaced. */
  put(key: string, entry: WindowEntry<V>): void
  /** Entries with `fromMs <= time <= toMs`, oldest first. @throws StateStoreError `store-not-prefetched` */
  fetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>>
  /** The same, newest first. */
  backwardFetch(key: string, fromMs: number, toMs: number): Iterable<WindowEntry<V>>
  /** The key's entries, for who asks for them several times. */
  at(key: string): WindowRows<V>
}

/** The entries of one key of a window store, which is looked up once; to be let go when the batch ends. */
export interface WindowRows<V> {
  /** As `Prefetch.fetch`. */
  ask(fromMs: number, toMs: number, newest?: number): void
  put(entry: WindowEntry<V>): void
  fetch(fromMs: number, toMs: number): Iterable<WindowEntry<V>>
  backwardFetch(fromMs: number, toMs: number): Iterable<WindowEntry<V>>
}

/** What a reader makes of a key's entries: all since some time, a few earlier ones perhaps. */
export interface History<V> {
  /** Adds an entry; one that is there already changes nothing. */
  add(timeMs: number, offset: number, value: V): void
  /** Lets go all entries up to this offset. True when there were any. */
  keepAfter(offset: number): boolean
  /** What it takes in memory, an estimate. */
  readonly heldBytes: number
}

/** A key's history as the store holds it; to be let go when the batch ends. */
export interface HeldHistory<V, H extends History<V>> {
  readonly history: H
  /** Adds an entry to store and history. */
  put(entry: WindowEntry<V>): void
}

export interface HistoryStore<V> {
  /** The history of a key that was asked for, made by whoever asked first. @throws StateStoreError `store-not-prefetched` */
  at(key: string): HeldHistory<V, History<V>>
}

export type StoreOf<D> =
  D extends KeyValueStoreDef<infer V>
    ? KeyValueStore<V>
    : D extends TimestampedStoreDef<infer V>
      ? TimestampedStore<V>
      : D extends HistoryStoreDef<infer V>
        ? HistoryStore<V>
        : D extends WindowStoreDef<infer V>
          ? WindowStore<V>
          : D extends IdStoreDef
            ? TimestampedStore<number>
            : never

/** What an operator asks for before its batch is processed. */
export interface Prefetch {
  /**
   * The value of a key-value or timestamped store. Without it `get` still answers, by a slower read of its own. Ids need not
   * be asked for.
   */
  get(store: KeyValueStoreDef<unknown> | TimestampedStoreDef<unknown> | IdStoreDef, key: string): void
  /**
   * The entries of a window store from `fromMs` to `toMs`, both inclusive. `fetch` answers within what was asked for. With
   * `newest`, only so many of the newest entries of the range are needed, for a `backwardFetch` that reads no further:
   * a hot key's window is then not read whole. Returns the key's entries, which can be read once the prefetch is done.
   */
  fetch<V>(store: WindowStoreDef<V>, key: string, fromMs: number, toMs: number, newest?: number): WindowRows<V>
  /**
   * A key's history with all entries from `sinceMs` on; what is in memory already is not read again. It can be read once the prefetch is
   * done.
   * @param make an empty one
   */
  history<V, H extends History<V>>(request: HistoryRequest<V, H>): HeldHistory<V, H>
}

export interface HistoryRequest<V, H extends History<V>> {
  readonly store: HistoryStoreDef<V>
  readonly key: string
  readonly sinceMs: number
  readonly make: () => H
}
