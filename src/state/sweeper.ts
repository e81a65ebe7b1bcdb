import type { Change, StateDb } from './engine.ts'
import { pageKeyFrom } from './ids/id-page.ts'
import { type ExpiringStoreDef, expiredBefore, isExpiring, timeOfEntry } from './retention.ts'
import type { IdStoreDef, StoreDef } from './stores.ts'
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

/** Forgets pages of ids, which lie in the order of their times, by the range, a part of the retention at a time. */
class PageSweep {
  readonly #def: IdStoreDef
  readonly #db: StateDb
  #clearedMs = Number.NEGATIVE_INFINITY

  constructor(def: IdStoreDef, db: StateDb) {
    this.#def = def
    this.#db = db
  }

  async sweep(streamTimeMs: number): Promise<void> {
    const { name, retentionMs } = this.#def
    const expiredBeforeMs = expiredBefore(this.#def, streamTimeMs)
    if (expiredBeforeMs - this.#clearedMs < retentionMs / clearsPerRetention) return
    await this.#db.deleteRange(name, { gte: start, lt: pageKeyFrom(expiredBeforeMs) })
    this.#clearedMs = expiredBeforeMs
  }
}

/**
 * Removes from stores what is past its retention, a little at each commit, so that nothing grows
 * for ever. Only space is at stake: stores hide such entries by themselves.
 */
export class Sweeper {
  readonly #db: StateDb
  readonly #sweeps: ReadonlyMap<string, ColumnSweep>
  readonly #pages: readonly PageSweep[]
  #resumed = false

  constructor(db: StateDb, stores: readonly StoreDef[]) {
    this.#db = db
    const expiring = stores.filter(isExpiring)
    this.#sweeps = new Map(
      expiring.filter(({ kind }) => kind !== 'ids').map((def) => [def.name, new ColumnSweep(def, db)]),
    )
    this.#pages = expiring.filter((def) => def.kind === 'ids').map((def) => new PageSweep(def, db))
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
    for (const pages of this.#pages) await pages.sweep(streamTimeMs)
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
