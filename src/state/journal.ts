import type { Change } from './engine.ts'

/** One record of a store's changelog. The value is as in the database, and so is the key but for window stores (`segmentedKey`). */
export interface ChangelogEntry {
  readonly store: string
  readonly key: Buffer
  /** `null` deletes. */
  readonly value: Buffer | null
}

/**
 * One changed key of a store: for the database a change, for the changelog an entry. A later change of the same key by the
 * same buffer replaces the value; once drained it stays as it is.
 */
export class Write implements ChangelogEntry, Change {
  readonly store: string
  readonly key: Buffer
  value: Buffer | null

  constructor(store: string, key: Buffer, value: Buffer | null) {
    this.store = store
    this.key = key
    this.value = value
  }

  get column(): string {
    return this.store
  }

  /** What the changelog gets of it. */
  get logged(): ChangelogEntry {
    return this
  }
}

/** What a buffer changed, across stores, in the order in which each key was first changed. */
export class Journal {
  #writes: Write[] = []

  get isEmpty(): boolean {
    return this.#writes.length === 0
  }

  add<W extends Write>(write: W): W {
    this.#writes.push(write)
    return write
  }

  /** What was written since the last time. */
  drain(): readonly Write[] {
    const writes = this.#writes
    this.#writes = []
    return writes
  }
}

/** A store's part in its task's batches. */
export interface StoreState {
  /** Fulfils the wishes that were noted since the last time. */
  load(): Promise<void>
  /** Puts into the journal what the store gathers until the batch ends. */
  seal?(): void
  /** The journal was drained: the next batch begins, while what this one wrote may still be on its way. */
  drained(): void
  /** The database holds what was drained. */
  applied(): void
  /** The database holds all up to this stream time, which will not go back behind it. */
  settle(streamTimeMs: number): void
  /** Forgets what was written, drained or loaded. */
  discard(): void
}
