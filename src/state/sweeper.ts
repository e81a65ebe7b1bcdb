import type { Change, StateDb } from './engine.ts'
import { timeKey } from './keys.ts'
import {
  type ExpiringStoreDef,
  expiredBefore,
  isExpiring,
  isTimed,
  type TimedStoreDef,
  timeOfEntry,
} from './retention.ts'
import type { StoreDef } from './stores.ts'
import { sweepCursorKey, systemColumn } from './system.ts'

const minVisits = 64
const visitsPerWrite = 2
/** What is past its retention stays in the database for this part of a retention at most. */
const clearsPerRetention = 16
const start = Buffer.alloc(0)
const zeroByte = Buffer.alloc(1)

/**
 * Goes round a store's column a stretch at a time. Two visits for each write keep up with any steady stream: the column
 * holds at most about twice what is alive.
 */
class ColumnSweep {
  readonly #def: ExpiringStoreDef
  readonly #db: StateDb
  #cursor: Buffer = start
  #written = 0
  /** No entry is older than this; unknown until a whole round was made. Then rounds rest until something can be gone. */
  #oldestMs = Number.NEGATIVE_INFINITY
  #oldestOfRoundMs = Number.POSITIVE_INFINITY
  #wholeRound = true

  constructor(def: ExpiringStoreDef, db: StateDb) {
    this.#def = def
    this.#db = db
  }

  get column(): string {
    return this.#def.name
  }

  resumeAt(cursor: Buffer | undefined): void {
    if (cursor === undefined || cursor.length === 0) return
    this.#cursor = cursor
    this.#wholeRound = false
  }

  noteWrite(change: Change): void {
    if (change.value === null) return
    this.#written++
    const timeMs = timeOfEntry(this.#def, { key: change.key, value: change.value })
    if (timeMs < this.#oldestMs) this.#oldestMs = timeMs
    if (timeMs < this.#oldestOfRoundMs) this.#oldestOfRoundMs = timeMs
  }

  forgetOldest(): void {
    this.#oldestMs = Number.NEGATIVE_INFINITY
    this.#wholeRound = false
  }

  async sweep(streamTimeMs: number): Promise<Change[]> {
    const limit = Math.max(minVisits, visitsPerWrite * this.#written)
    this.#written = 0
    const expiredBeforeMs = expiredBefore(this.#def, streamTimeMs)
    if (expiredBeforeMs <= this.#oldestMs) return []

    const before = this.#cursor
    const [entries = []] = await this.#db.getRanges(this.column, [{ gte: before, limit }])
    const changes: Change[] = []
    for (const entry of entries) {
      const timeMs = timeOfEntry(this.#def, entry)
      if (timeMs < expiredBeforeMs) changes.push({ column: this.column, key: entry.key, value: null })
      else if (timeMs < this.#oldestOfRoundMs) this.#oldestOfRoundMs = timeMs
    }
    if (entries.length < limit) this.#endRound()
    else this.#cursor = Buffer.concat([entries.at(-1)!.key, zeroByte])
    if (!before.equals(this.#cursor)) {
      changes.push({ column: systemColumn, key: sweepCursorKey(this.column), value: this.#cursor })
    }
    return changes
  }

  #endRound(): void {
    this.#oldestMs = this.#wholeRound ? this.#oldestOfRoundMs : Number.NEGATIVE_INFINITY
    this.#oldestOfRoundMs = Number.POSITIVE_INFINITY
    this.#wholeRound = true
    this.#cursor = start
  }
}

/** Deletes by the range what lies in the order of its times, a part of the retention at a time. */
class RangeSweep {
  readonly #def: TimedStoreDef
  readonly #db: StateDb
  #clearedMs = Number.NEGATIVE_INFINITY

  constructor(def: TimedStoreDef, db: StateDb) {
    this.#def = def
    this.#db = db
  }

  async sweep(streamTimeMs: number): Promise<void> {
    const { name, retentionMs } = this.#def
    const expiredBeforeMs = expiredBefore(this.#def, streamTimeMs)
    if (expiredBeforeMs - this.#clearedMs < retentionMs / clearsPerRetention) return
    this.#clearedMs = expiredBeforeMs
    const [[oldest] = []] = await this.#db.getRanges(name, [{ gte: start, limit: 1 }])
    const lt = timeKey(expiredBeforeMs)
    if (oldest !== undefined && Buffer.compare(oldest.key, lt) < 0) await this.#db.deleteRange(name, { gte: start, lt })
  }
}

/**
 * Removes from stores what is past its retention, a little at each commit, so that nothing grows
 * for ever. Only space is at stake: stores hide such entries by themselves.
 */
export class Sweeper {
  readonly #db: StateDb
  readonly #sweeps: ReadonlyMap<string, ColumnSweep>
  readonly #ranges: readonly RangeSweep[]
  #resumed = false

  constructor(db: StateDb, stores: readonly StoreDef[]) {
    this.#db = db
    const expiring = stores.filter(isExpiring)
    this.#sweeps = new Map(expiring.filter((def) => !isTimed(def)).map((def) => [def.name, new ColumnSweep(def, db)]))
    this.#ranges = expiring.filter(isTimed).map((def) => new RangeSweep(def, db))
  }

  /** Says what is about to be written: the more, the more the next sweep visits. */
  noteWrites(changes: readonly Change[]): void {
    for (const change of changes) this.#sweeps.get(change.column)?.noteWrite(change)
  }

  /** What was noted or given out will not be written after all. */
  discard(): void {
    for (const sweep of this.#sweeps.values()) sweep.forgetOldest()
  }

  /**
   * Deletions of entries whose time is before `streamTimeMs` − retention, and where to go on next time; visits at most
   * max(64, twice what was written) entries a store. Write them *before* the batch's own changes, in the same batch:
   * one of those may put a swept key anew. Not while an earlier batch is still being written.
   */
  async sweep(streamTimeMs: number): Promise<Change[]> {
    for (const range of this.#ranges) await range.sweep(streamTimeMs)
    const sweeps = [...this.#sweeps.values()]
    if (!this.#resumed) {
      const keys = sweeps.map(({ column }) => sweepCursorKey(column))
      const cursors = await this.#db.getMany(systemColumn, keys)
      for (const [n, sweep] of sweeps.entries()) sweep.resumeAt(cursors[n])
      this.#resumed = true
    }
    return (await Promise.all(sweeps.map((sweep) => sweep.sweep(streamTimeMs)))).flat()
  }
}
