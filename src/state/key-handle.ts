import type { KeyRows } from './key-rows.ts'
import type { WalkedKey } from './pending-walk.ts'
import type { Span } from './span-table.ts'
import type { WindowEntry, WindowRows } from './stores.ts'
import { hashed, hashText } from './text-hash.ts'

/** What a key's handle asks of its store. */
export interface HandleOwner {
  wishFor(handle: KeyHandle, fromMs: number, toMs: number): void
  putInto(handle: KeyHandle, entry: WindowEntry<unknown>): void
  fetchFrom(handle: KeyHandle, fromMs: number, toMs: number): Iterable<WindowEntry<unknown>>
  backwardFetchFrom(handle: KeyHandle, fromMs: number, toMs: number): Iterable<WindowEntry<unknown>>
  /** Brings the key into the cache. */
  hold(handle: KeyHandle): void
}

/**
 * A key in one batch. Its rows are those that the cache holds of it. Of a key that the cache does not hold the database had none when
 * the batch asked for it first: then its rows are those that wait for the database, or are put.
 */
export class KeyHandle implements WindowRows<unknown>, WalkedKey, Span {
  readonly key: string
  readonly hash: number
  /** Which batch. */
  readonly batch: number
  /** What was asked for while the cache did not hold the key: nothing at first. */
  fromMs = Number.POSITIVE_INFINITY
  toMs = Number.NEGATIVE_INFINITY
  /** The number that the store gave to what was put last; 0 before. */
  lastPut = 0
  readonly #owner: HandleOwner
  #held: KeyRows | undefined

  constructor(key: string, batch: number, owner: HandleOwner) {
    this.key = key
    hashText(key)
    this.hash = hashed.bits
    this.batch = batch
    this.#owner = owner
  }

  /** What the cache holds of the key. */
  get held(): KeyRows | undefined {
    return this.#held !== undefined && this.#held.place >= 0 ? this.#held : undefined
  }

  set held(rows: KeyRows | undefined) {
    this.#held = rows
  }

  get isAsked(): boolean {
    return this.fromMs <= this.toMs
  }

  /** Takes note that the batch needs this span, and all between it and what it asked for before. */
  note(fromMs: number, toMs: number): void {
    if (fromMs < this.fromMs) this.fromMs = fromMs
    if (toMs > this.toMs) this.toMs = toMs
  }

  /** Whether the batch asked for this span. */
  answers(fromMs: number, toMs: number): boolean {
    return this.fromMs <= fromMs && toMs <= this.toMs
  }

  ask(fromMs: number, toMs: number): void {
    this.#owner.wishFor(this, fromMs, toMs)
  }

  put(entry: WindowEntry<unknown>): void {
    this.#owner.putInto(this, entry)
  }

  fetch(fromMs: number, toMs: number): Iterable<WindowEntry<unknown>> {
    return this.#owner.fetchFrom(this, fromMs, toMs)
  }

  backwardFetch(fromMs: number, toMs: number): Iterable<WindowEntry<unknown>> {
    return this.#owner.backwardFetchFrom(this, fromMs, toMs)
  }

  outgrow(): void {
    this.#owner.hold(this)
  }
}
