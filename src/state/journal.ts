import type { Change } from './engine.ts'

/** One record of a store's changelog: bytes as they lie in the database, so that restoring is a plain put. */
export interface ChangelogEntry {
  readonly store: string
  readonly key: Buffer
  /** `null` deletes. */
  readonly value: Buffer | null
}

/** One changed key of a store; a later change of the same key replaces the value. */
export interface Write extends ChangelogEntry {
  value: Buffer | null
}

/** What a buffer changed, across stores, in the order in which each key was first changed. */
export class Journal {
  #writes: Write[] = []

  get isEmpty(): boolean {
    return this.#writes.length === 0
  }

  add(write: Write): Write {
    this.#writes.push(write)
    return write
  }

  clear(): void {
    this.#writes = []
  }

  changelog(): ChangelogEntry[] {
    return this.#writes.map(({ store, key, value }) => ({ store, key, value }))
  }

  changes(): Change[] {
    return this.#writes.map(({ store, key, value }) => ({ column: store, key, value }))
  }
}

/** A store's part in its task's batches. */
export interface StoreState {
  /** Fulfils the wishes that were noted since the last time. */
  load(): Promise<void>
  /** The journal was drained: the next batch begins, while what this one wrote may still be on its way. */
  drained(): void
  /** The database holds what was drained. */
  applied(): void
  /** Forgets what was written, drained or loaded. */
  discard(): void
}
