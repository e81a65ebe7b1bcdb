import { typedKey } from '../../operators/sequence/typed-key.ts'
import { jsonSerde } from '../../record/serdes.ts'
import type { KeyValueStore, KeyValueStoreDef } from '../../state/stores.ts'
import type { ListLookup } from '../expression.ts'
import type { ListItem, RuleSet } from '../rule-set.ts'
import { type ListChange, mostListItems } from './control-list.ts'

/** Typed items (`typedKey`) with the last event time at which they are in; `null` for ever. */
type Bucket = readonly (readonly [string, number | null])[]

/** The lists of a rule set that control records change. */
export interface ControlListsDef {
  readonly names: ReadonlySet<string>
  readonly store: KeyValueStoreDef<Bucket>
  /** How far behind stream time an event may be that still asks: what expired earlier is forgotten. */
  readonly keepMs: number
}

/** Undefined when the rule set has no list `from: control`. */
export function controlListsOf({ lists }: RuleSet, keepMs: number): ControlListsDef | undefined {
  const names = new Set([...lists.values()].filter(({ from }) => from === 'control').map(({ name }) => name))
  if (names.size === 0) return undefined
  return { names, store: { kind: 'key-value', name: 'lists', serde: jsonSerde<Bucket>() }, keepMs }
}

/** Gives a lookup for an event of this time. */
export type ListsAt = (timeMs: number) => ListLookup

const opened = new WeakMap<object, ControlLists>()

/** The lists of one task, by its store: all operators of the task share them. */
export function openControlLists(store: KeyValueStore<Bucket>, { keepMs }: ControlListsDef): ControlLists {
  let lists = opened.get(store)
  if (lists === undefined) {
    lists = new ControlLists(store, keepMs)
    opened.set(store, lists)
  }
  return lists
}

/**
 * The control lists of one task as of the record in hand. Which items a condition will ask for is not known before it
 * runs, so a list is read whole at its first use and then kept in memory; the store has it in buckets, so that a change
 * writes little.
 */
export class ControlLists {
  readonly #store: KeyValueStore<Bucket>
  readonly #keepMs: number
  readonly #lists = new Map<string, StoredList>()

  constructor(store: KeyValueStore<Bucket>, keepMs: number) {
    this.#store = store
    this.#keepMs = keepMs
  }

  /** An item is in for events up to its last time, inclusive; events before the record that added it too. */
  readonly at: ListsAt = (timeMs) => (list, value) => this.#list(list).has(value, timeMs)

  /**
   * Applies a change of the record with this time; false when the list would hold too many items: then nothing changed.
   * Adding an item again starts anew, `set` replaces all items.
   */
  apply({ list, op, items, ttlMs }: ListChange, { timeMs, streamTimeMs }: ChangeTimes): boolean {
    const stored = this.#list(list)
    const keys = items.map((item) => typedKey(item)!)
    const untilMs = ttlMs === undefined ? forEver : timeMs + ttlMs
    return stored.change(op, keys, { untilMs, expiredBeforeMs: streamTimeMs - this.#keepMs })
  }

  #list(name: string): StoredList {
    let list = this.#lists.get(name)
    if (list === undefined) {
      list = new StoredList(name, this.#store)
      this.#lists.set(name, list)
    }
    return list
  }
}

interface ChangeTimes {
  /** Of the control record. */
  readonly timeMs: number
  readonly streamTimeMs: number
}

const forEver = Number.POSITIVE_INFINITY
/** A list of the largest size then has buckets of some ten kilobytes. */
const bucketCount = 256

/** FNV-1a over UTF-16 code units: it decides where items lie in the store, so that it must stay as it is. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (bucketCount - 1)
}

class StoredList {
  readonly #name: string
  readonly #store: KeyValueStore<Bucket>
  readonly #buckets: Map<string, number>[]

  constructor(name: string, store: KeyValueStore<Bucket>) {
    this.#name = name
    this.#store = store
    this.#buckets = Array.from({ length: bucketCount }, (_, index) => {
      const entries = store.get(this.#keyOf(index)) ?? []
      return new Map(entries.map(([key, untilMs]) => [key, untilMs ?? forEver]))
    })
  }

  has(value: ListItem, timeMs: number): boolean {
    const key = typedKey(value)
    if (key === undefined) return false
    const untilMs = this.#buckets[bucketOf(key)]!.get(key)
    return untilMs !== undefined && timeMs <= untilMs
  }

  change(
    op: ListChange['op'],
    keys: readonly string[],
    { untilMs, expiredBeforeMs }: { readonly untilMs: number; readonly expiredBeforeMs: number },
  ): boolean {
    const dirty = new Set<number>()
    if (op === 'set') {
      for (const [index, bucket] of this.#buckets.entries()) {
        if (bucket.size > 0) dirty.add(index)
        bucket.clear()
      }
    } else if (op === 'add' && !this.#hasRoomFor(keys)) {
      this.#forget(expiredBeforeMs)
      if (!this.#hasRoomFor(keys)) return false
    }
    for (const key of keys) {
      const index = bucketOf(key)
      dirty.add(index)
      if (op === 'remove') this.#buckets[index]!.delete(key)
      else this.#buckets[index]!.set(key, untilMs)
    }
    for (const index of dirty) this.#write(index, expiredBeforeMs)
    return true
  }

  #hasRoomFor(keys: readonly string[]): boolean {
    const held = this.#buckets.reduce((sum, bucket) => sum + bucket.size, 0)
    if (held + keys.length <= mostListItems) return true
    const fresh = new Set(keys.filter((key) => !this.#buckets[bucketOf(key)]!.has(key)))
    return held + fresh.size <= mostListItems
  }

  /** Drops expired items from all buckets. */
  #forget(expiredBeforeMs: number): void {
    for (const index of this.#buckets.keys()) this.#write(index, expiredBeforeMs)
  }

  #write(index: number, expiredBeforeMs: number): void {
    const bucket = this.#buckets[index]!
    for (const [key, untilMs] of bucket) if (untilMs < expiredBeforeMs) bucket.delete(key)
    const entries = [...bucket].map(([key, untilMs]) => [key, untilMs === forEver ? null : untilMs] as const)
    if (entries.length === 0) this.#store.delete(this.#keyOf(index))
    else this.#store.put(this.#keyOf(index), entries)
  }

  #keyOf(index: number): string {
    return `${index}:${this.#name}`
  }
}
