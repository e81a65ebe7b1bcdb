import type { Change } from './engine.ts'

/** One record of a store's changelog; `changesOf` says what it means to the database. */
export interface ChangelogEntry {
  readonly store: string
  readonly key: Buffer
  /** `null` deletes. */
  readonly value: Buffer | null
}

/** What a task keeps in memory across batches: histories, and all else. */
export type CacheName = 'values' | 'histories'

/** What an entry takes in memory besides its bytes; an estimate. */
const entryCost = 300

/**
 * A record for a store's changelog, and what the database gets of it: here the same key and value. A later change of the same
 * key by the same buffer replaces the value; once drained it stays as it is.
 */
export class Write implements ChangelogEntry, Change {
  readonly store: string
  key: Buffer
  value: Buffer | null

  constructor(store: string, key: Buffer, value: Buffer | null) {
    this.store = store
    this.key = key
    this.value = value
  }

  get column(): string {
    return this.store
  }

  /** What it takes in memory, approximately. */
  get heldBytes(): number {
    return entryCost + this.key.length + (this.value?.length ?? 0)
  }

  /** Which cache must hold the same until the database has it; `undefined` when it is found here. */
  get cachedIn(): CacheName | undefined {
    return 'values'
  }

  /** Bytes of key and value that lie in memory which others share: all of that stays as long as these. */
  get sharedBytes(): number {
    return sharedBytes(this.key) + sharedBytes(this.value)
  }

  /** Copies those to `own` from `at` on; returns where the next ones go. */
  moveTo(own: Buffer, at: number): number {
    const valueAt = at + sharedBytes(this.key)
    const end = valueAt + sharedBytes(this.value)
    if (valueAt > at) this.key = copied(this.key, own, at)
    if (end > valueAt) this.value = copied(this.value!, own, valueAt)
    return end
  }

  /** Whether nothing of it can be seen any more at this stream time; false where that is not known. */
  isPast(_streamTimeMs: number): boolean {
    return false
  }

  /** Adds what the database gets. What is past its retention at this stream time may be left out. */
  addChanges(changes: Change[], _streamTimeMs: number): void {
    changes.push(this)
  }
}

const sharedBytes = (bytes: Buffer | null): number =>
  bytes === null || bytes.buffer.byteLength === bytes.length ? 0 : bytes.length

function copied(bytes: Buffer, own: Buffer, at: number): Buffer {
  const copy = own.subarray(at, at + bytes.length)
  copy.set(bytes)
  return copy
}

/** What one buffer changed, across stores, in the order in which each key was first changed. */
export class Drained {
  /** Records of the stores' changelogs. */
  readonly changelog: readonly Write[]
  /** What it takes in memory, approximately. */
  readonly heldBytes: number
  /** What of it each cache must hold until the database has it, approximately. */
  readonly cachedBytes: Readonly<Record<CacheName, number>>

  constructor(changelog: readonly Write[]) {
    this.changelog = changelog
    this.heldBytes = changelog.reduce((sum, { heldBytes }) => sum + heldBytes, 0)
    const bytesIn = (cache: CacheName): number =>
      changelog.reduce((sum, { cachedIn, heldBytes }) => (cachedIn === cache ? sum + heldBytes : sum), 0)
    this.cachedBytes = { values: bytesIn('values'), histories: bytesIn('histories') }
  }

  get isEmpty(): boolean {
    return this.changelog.length === 0
  }

  /** Whether nothing of it can be seen any more at this stream time. */
  isPast(streamTimeMs: number): boolean {
    return this.changelog.every((write) => write.isPast(streamTimeMs))
  }

  /** Takes everything to memory of its own; for what is going to be held for long. */
  detach(): void {
    const own = Buffer.allocUnsafeSlow(this.changelog.reduce((sum, write) => sum + write.sharedBytes, 0))
    let at = 0
    for (const write of this.changelog) at = write.moveTo(own, at)
  }

  /** For the database. Leaves out what cannot be seen any more at this stream time, which must not be later than the log's. */
  changes(streamTimeMs = Number.NEGATIVE_INFINITY): Change[] {
    const changes: Change[] = []
    for (const write of this.changelog) write.addChanges(changes, streamTimeMs)
    return changes
  }
}

/** What the buffer in hand has changed. */
export class Journal {
  #writes: Write[] = []

  add<W extends Write>(write: W): W {
    this.#writes.push(write)
    return write
  }

  /** What was written since the last time. */
  drain(): Drained {
    const writes = this.#writes
    this.#writes = []
    return new Drained(writes)
  }
}

/** A store's part in its task's batches. */
export interface StoreState {
  /** Fulfils the wishes that were noted since the last time. */
  load(): Promise<void>
  /** Puts into the journal what the store gathers until the batch ends. */
  seal?(): void
  /** What was written goes on its way to the database, behind what is on it already; the next batch begins. */
  drained(): void
  /** The database holds the first of what is on its way. */
  applied(): void
  /** The database holds all up to this stream time, which will not go back behind it. */
  settle(streamTimeMs: number): void
  /** Forgets what was written, drained or loaded. */
  discard(): void
}
