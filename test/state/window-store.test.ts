import { beforeEach, describe, expect, test } from 'vitest'
import { float64Serde } from '../../src/record/serdes.ts'
import { StateCache } from '../../src/state/cache.ts'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { Journal } from '../../src/state/journal.ts'
import { StoredKeys } from '../../src/state/stored-keys.ts'
import type { WindowStoreDef } from '../../src/state/stores.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { BufferedWindowStore } from '../../src/state/window-store.ts'

let read: number
const def: WindowStoreDef<number> = {
  kind: 'window',
  name: 'amounts',
  retentionMs: 1_000,
  serde: {
    serialize: float64Serde.serialize,
    deserialize(bytes) {
      read++
      return float64Serde.deserialize(bytes)
    },
  },
}

let db: StateDb
let journal: Journal
let cache: StateCache
let store: BufferedWindowStore<number>

beforeEach(async () => {
  read = 0
  db = await memoryEngine().open('state', columnsOf([def]))
  journal = new Journal()
  cache = new StateCache(10 ** 9)
  const parts = { db, journal, cache, streamTimeMs: () => 0 }
  store = new BufferedWindowStore(def, { ...parts, stored: new StoredKeys(def, parts) })
  // Then it is known that the database has nothing.
  await store.load()
})

/** Ends the batch; what comes to the database comes by `write`. */
function drain() {
  store.seal()
  const drained = journal.drain()
  store.drained()
  cache.batch++
  return {
    begin: () => drained.changes(),
    async write() {
      await db.write(drained.changes())
      store.applied()
    },
  }
}

async function ask(key: string, fromMs: number, toMs: number) {
  const rows = store.wish(key, fromMs, toMs)
  await store.load()
  return rows
}

function put(key: string, ...timesMs: number[]): void {
  for (const timeMs of timesMs) store.put(key, { timeMs, offset: timeMs, value: timeMs })
}

const backward = (key: string, fromMs: number, toMs: number) =>
  Array.from(store.backwardFetch(key, fromMs, toMs), ({ value }) => value)

describe('a window store, of a key that the database has nothing of,', () => {
  test('finds rows where they wait for the database, and holds none of them in the cache', async () => {
    put('w', 1, 3)
    drain()
    put('w', 2)
    const rows = await ask('w', 0, 9)
    rows.put({ timeMs: 5, offset: 5, value: 5 })
    put('w', 4)
    expect(Array.from(rows.fetch(1, 4), ({ timeMs }) => timeMs)).toEqual([1, 2, 3, 4])
    expect(backward('w', 0, 9)).toEqual([5, 4, 3, 2, 1])
    expect(cache.bytes).toBe(0)
  })

  test('reads the values that somebody looks at, and no others', async () => {
    put('w', ...Array.from({ length: 30 }, (_, n) => n))
    await ask('w', 0, 30)
    for (const { value } of store.backwardFetch('w', 0, 30)) if (value === 28) break
    expect(read).toBe(2)
  })

  test('keeps the values of many rows that are read again and again', async () => {
    put('w', ...Array.from({ length: 500 }, (_, n) => n))
    await ask('w', 0, 500)
    for (let n = 0; n < 10; n++) expect(backward('w', 0, 500)).toHaveLength(500)
    expect(read).toBe(3 * 500)
    put('w', 500)
    expect(backward('w', 499, 500)).toEqual([500, 499])
    drain()
    await ask('w', 0, 500)
    expect(backward('w', 0, 500)).toHaveLength(501)
    expect(read).toBeLessThan(3 * 500 + 10)
  })

  test.each([
    ['begins before it is asked for', true],
    ['begins afterwards', false],
  ])(
    'holds the rows that come to the database in the batch that asked for them, when the write %s',
    async (_, isEarly) => {
      put('w', 1)
      const first = drain()
      put('w', 2)
      drain()
      if (isEarly) first.begin()
      const asked = ask('w', 0, 9)
      put('w', 3)
      await first.write()
      await asked
      await ask('w', 0, 20)
      put('w', 4)
      expect(backward('w', 0, 20)).toEqual([4, 3, 2, 1])
      expect(cache.bytes).toBeGreaterThan(0)
      drain()
      await ask('w', 0, 20)
      expect(backward('w', 0, 20)).toEqual([4, 3, 2, 1])
    },
  )

  test('reads from the database what came there when nobody asked for it', async () => {
    put('w', 1, 2)
    const first = drain()
    put('w', 3)
    drain()
    await first.write()
    await ask('w', 0, 9)
    expect(backward('w', 0, 9)).toEqual([3, 2, 1])
  })
})
