import { float64Serde, jsonSerde, stringSerde } from '../../src/record/serdes.ts'
import type { Entry, StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import type { KeyValueStoreDef, TimestampedStoreDef, WindowStoreDef } from '../../src/state/stores.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'

export const names: KeyValueStoreDef<{ name: string }> = { kind: 'key-value', name: 'names', serde: jsonSerde() }
export const seen: TimestampedStoreDef<string> = {
  kind: 'timestamped',
  name: 'seen',
  serde: stringSerde,
  retentionMs: 10,
}
export const amounts: WindowStoreDef<number> = {
  kind: 'window',
  name: 'amounts',
  serde: float64Serde,
  retentionMs: 10,
}
export const allStores = [names, seen, amounts]

/** Everything in a column. */
export async function contentOf(db: StateDb, column: string): Promise<Entry[]> {
  const [entries] = await db.getRanges(column, [{ gte: Buffer.alloc(0) }])
  return entries!
}

/** State over a database in memory, with stream time in the test's hand. */
export async function openFixture() {
  const db = await memoryEngine().open('state', columnsOf(allStores))
  const time = { nowMs: 0 }
  const state = TaskState.open({ db, stores: allStores, streamTimeMs: () => time.nowMs })
  return {
    db,
    time,
    state,
    names: state.store(names),
    seen: state.store(seen),
    amounts: state.store(amounts),
    /** Ends the batch: what was written is in the database. */
    async commit() {
      await db.write(state.drain().changes())
      state.applied()
    },
    async load(key: string, fromMs: number, toMs: number) {
      state.prefetcher().fetch(amounts, key, fromMs, toMs)
      await state.prefetch()
    },
  }
}

/** The same database with some of its methods replaced. */
export const withMethods = (db: StateDb, replaced: Partial<StateDb>): StateDb => ({
  getMany: (column, keys) => db.getMany(column, keys),
  getSync: (column, key) => db.getSync(column, key),
  getRanges: (column, ranges) => db.getRanges(column, ranges),
  write: (changes) => db.write(changes),
  deleteRange: (column, range) => db.deleteRange(column, range),
  approximateBytes: () => db.approximateBytes(),
  close: () => db.close(),
  ...replaced,
})
