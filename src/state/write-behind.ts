import { dieAt, failsAt } from '../fail-points.ts'
import type { Change, StateDb } from './engine.ts'
import type { Drained } from './journal.ts'
import { systemChanges } from './system.ts'
import type { TaskState } from './task-state.ts'

/** What one commit brought, as the log has it. */
export interface CommittedBatch {
  readonly drained: Drained
  /** The task's stream time behind it. */
  readonly streamTimeMs: number
  /** For the system column: the task's own records. */
  readonly system: readonly Change[]
  /** The position behind it in the changelogs that it wrote to, by store. */
  readonly changelogEnds: ReadonlyMap<string, number>
}

export interface WriteBehindOptions {
  readonly db: StateDb
  readonly state: TaskState
  /** About how much memory may hold what the database does not have yet; 0 writes each commit at once. Default 48 MiB. */
  readonly limitBytes?: number
}

const defaultLimitBytes = 48 * 1024 * 1024
/** When there is too much, this part of the limit is written too, so that a write is worth its while. */
const marginPart = 1 / 16
/** Written in one go: what comes meanwhile waits for it. */
const sliceBytes = 2 * 1024 * 1024

/**
 * Holds back what was committed, and writes the oldest commits to the database when there is too much: state and changelog
 * positions of whole commits in one batch, in their order. So the database is always as some earlier commit left it, and whoever opens it
 * after a crash replays the changelogs' tails, as far as the limit at most. What has passed its retention until then is never
 * written; commits that hold nothing else go soon, since a changelog is only trimmed as far as the database has it.
 */
export class WriteBehind {
  readonly #db: StateDb
  readonly #state: TaskState
  readonly #limitBytes: number
  /** The oldest first. */
  #held: CommittedBatch[] = []
  #heldBytes = 0
  /** So many of the oldest bring nothing any more that can be seen, and what they hold. */
  #past = 0
  #pastBytes = 0
  /** The newest commit's. */
  #streamTimeMs = -1
  /** In the database, by store. */
  #changelogEnds: ReadonlyMap<string, number> = new Map()
  #writing: Promise<void> = Promise.resolve()

  constructor({ db, state, limitBytes = defaultLimitBytes }: WriteBehindOptions) {
    this.#db = db
    this.#state = state
    this.#limitBytes = limitBytes
  }

  /** Takes what the log has. @throws what the database throws */
  async add(batch: CommittedBatch): Promise<void> {
    this.#held.push(this.#limitBytes > 0 ? detached(batch) : batch)
    this.#heldBytes += heldBytesOf(batch)
    this.#streamTimeMs = batch.streamTimeMs
    this.#countPast()
    const marginBytes = this.#limitBytes * marginPart
    if (this.#heldBytes > this.#limitBytes || this.#limitBytes === 0)
      await this.#write(() => this.#takeDown(this.#limitBytes - marginBytes))
    else if (this.#pastBytes > marginBytes) await this.#write(() => this.#take(this.#past))
  }

  /** Writes some of what is held back; for when there is nothing else to do. */
  async rest(): Promise<void> {
    if (this.#held.length > 0) await this.#write(() => this.#takeDown(Math.max(0, this.#heldBytes - sliceBytes)))
  }

  /** Writes everything, some at a time. */
  async flush(): Promise<void> {
    while (this.#held.length > 0) await this.rest()
    await this.#writing
  }

  /** How far the database has the store's changelog, by what was written so far. */
  storedOffset(store: string): number {
    return this.#changelogEnds.get(store) ?? 0
  }

  #countPast(): void {
    for (; this.#past < this.#held.length; this.#past++) {
      const { drained } = this.#held[this.#past]!
      if (!drained.isPast(this.#streamTimeMs)) return
      this.#pastBytes += drained.heldBytes
    }
  }

  #takeDown(toBytes: number): readonly CommittedBatch[] {
    let leftBytes = this.#heldBytes
    let count = 0
    while (count < this.#held.length && (leftBytes > toBytes || toBytes === 0))
      leftBytes -= heldBytesOf(this.#held[count++]!)
    return this.#take(count)
  }

  #take(count: number): readonly CommittedBatch[] {
    const taken = this.#held.slice(0, count)
    this.#held = this.#held.slice(count)
    for (const [n, batch] of taken.entries()) {
      this.#heldBytes -= heldBytesOf(batch)
      if (n < this.#past) this.#pastBytes -= batch.drained.heldBytes
    }
    this.#past = Math.max(0, this.#past - count)
    return taken
  }

  /** One write at a time; after one has failed all others fail with it. */
  #write(take: () => readonly CommittedBatch[]): Promise<void> {
    this.#writing = this.#writing.then(() => this.#apply(take()))
    // Whoever asked hears of a failure.
    this.#writing.catch(() => {})
    return this.#writing
  }

  async #apply(batches: readonly CommittedBatch[]): Promise<void> {
    if (batches.length === 0) return
    const state = this.#state
    const ends = new Map(this.#changelogEnds)
    for (const { changelogEnds } of batches) for (const [store, end] of changelogEnds) ends.set(store, end)
    const streamTimeMs = this.#streamTimeMs
    const swept = await state.sweep(streamTimeMs)
    const writing = this.#db.write([
      ...swept,
      ...batches.flatMap(({ drained, system }) => [...drained.changes(streamTimeMs), ...system]),
      ...systemChanges({ changelogOffsets: ends }),
    ])
    if (failsAt('during-apply')) dieAt('during-apply')
    await writing
    this.#changelogEnds = ends
    for (const { drained } of batches) if (!drained.isEmpty) state.applied()
  }
}

/** What a record of the task's own takes in memory; an estimate. */
const systemCost = 400

const heldBytesOf = ({ drained, system }: CommittedBatch): number => drained.heldBytes + systemCost * system.length

/** The same in memory of its own: a small Buffer holds the 64 KiB block of Node's pool that it lies in. */
function detached(batch: CommittedBatch): CommittedBatch {
  batch.drained.detach()
  const system = batch.system.map(({ column, key, value }) => ({
    column,
    key: copyOf(key),
    value: value === null ? null : copyOf(value),
  }))
  return { ...batch, system }
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}
