import { beforeEach, describe, expect, test } from 'vitest'
import { CacheEntry, StateCache } from '../../src/state/cache.ts'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'
import { allStores, amounts, names, seen, withMethods } from './state-fixture.ts'

class Item extends CacheEntry {
  isUnsettled = false
  isForgotten = false

  constructor() {
    super(10)
  }

  forget(): void {
    this.isForgotten = true
  }
}

describe('the cache', () => {
  const items = (count: number) => Array.from({ length: count }, () => new Item())
  const forgotten = (some: readonly Item[]) => some.map(({ isForgotten }) => isForgotten)

  test('lets go what was not used lately, down to its bound', () => {
    const cache = new StateCache(25)
    const all = items(3)
    for (const item of all) cache.use(item)
    cache.evict()
    expect(forgotten(all)).toEqual([true, false, false])
    const [, used, unused] = all
    cache.use(used!)
    cache.use(new Item())
    cache.evict()
    expect([used!.isForgotten, unused!.isForgotten, cache.bytes]).toEqual([false, true, 20])
  })

  test('keeps what is not in the database, and what the batch in hand asked for, beyond its bound', () => {
    const cache = new StateCache(0)
    const [unsettled, asked, other] = items(3)
    for (const item of [unsettled!, asked!, other!]) cache.use(item)
    unsettled!.isUnsettled = true
    asked!.batch = cache.batch
    cache.evict()
    expect(forgotten([unsettled!, asked!, other!])).toEqual([false, false, true])
    unsettled!.isUnsettled = false
    cache.batch++
    cache.evict()
    expect([unsettled!.isForgotten, asked!.isForgotten, cache.bytes]).toEqual([true, true, 0])
  })

  test('looks at few while hardly any can go, and at all again when they can', () => {
    const cache = new StateCache(0)
    const waiting = { isOver: false, looks: 0 }
    class Waiting extends CacheEntry {
      get isUnsettled(): boolean {
        waiting.looks++
        return !waiting.isOver
      }

      forget(): void {}
    }
    for (let n = 0; n < 1_000; n++) cache.use(new Waiting(10))
    for (let n = 0; n < 20; n++) cache.evict()
    waiting.looks = 0
    cache.evict()
    expect(waiting.looks).toBe(256)
    waiting.isOver = true
    for (let n = 0; n < 2; n++) cache.evict()
    expect(cache.bytes).toBe(0)
  })

  test('holds little more than what waits for the database while new entries go on coming', () => {
    const cache = new StateCache(0)
    const [waiting, perBatch] = [20_000, 1_000]
    const all: Item[] = []
    let most = 0
    for (let batch = 0; batch < 100; batch++) {
      for (const item of items(perBatch)) {
        item.isUnsettled = true
        all.push(item)
        cache.use(item)
      }
      for (const item of all.slice(-waiting - perBatch, -waiting)) item.isUnsettled = false
      cache.evict()
      most = Math.max(most, cache.bytes / 10)
    }
    expect(most).toBeLessThan(1.3 * waiting)
  })

  test('lets nothing go while an answer of the database is awaited', async () => {
    const cache = new StateCache(0)
    const item = new Item()
    cache.use(item)
    const gate = Promise.withResolvers<void>()
    const read = cache.reading(gate.promise)
    cache.evict()
    expect(item.isForgotten).toBe(false)
    gate.resolve()
    await read
    cache.evict()
    expect(item.isForgotten).toBe(true)
  })

  test('counts entries as large as they are now', () => {
    const cache = new StateCache(100)
    const [item, other] = items(2)
    cache.use(item!)
    cache.resize(item!, 70)
    cache.resize(other!, 50)
    cache.use(other!)
    expect(cache.bytes).toBe(120)
    cache.remove(item!)
    expect(cache.bytes).toBe(50)
  })
})

describe('a batch', () => {
  let db: StateDb
  let reads: string[]
  const time = { nowMs: 0 }

  beforeEach(async () => {
    const memory = await memoryEngine().open('state', columnsOf(allStores))
    reads = []
    time.nowMs = 0
    db = withMethods(memory, {
      getMany(column, keys) {
        reads.push(`${column} ${keys.length}`)
        return memory.getMany(column, keys)
      },
      getRanges(column, ranges) {
        reads.push(`${column} ${ranges.length}`)
        return memory.getRanges(column, ranges)
      },
    })
  })

  const open = (cacheBytes?: number) =>
    TaskState.open({
      db,
      stores: allStores,
      streamTimeMs: () => time.nowMs,
      ...(cacheBytes !== undefined && { cacheBytes }),
    })

  async function commit(state: TaskState) {
    await db.write(state.drain().changes())
    state.applied()
  }

  async function askForAll(state: TaskState, fromMs: number, toMs: number) {
    const ask = state.prefetcher()
    ask.get(names, 'x')
    ask.get(seen, 'x')
    ask.fetch(amounts, 'w', fromMs, toMs)
    await state.prefetch()
  }

  async function write(state: TaskState, timeMs: number) {
    state.store(names).put('x', { name: String(timeMs) })
    state.store(seen).put('x', 'y', timeMs)
    state.store(amounts).put('w', { timeMs, offset: timeMs, value: timeMs })
    await commit(state)
  }

  test('reads nothing that an earlier one read or wrote', async () => {
    await write(open(), 1)
    const state = open()
    await askForAll(state, -9, 1)
    await write(state, 2)
    reads.length = 0
    time.nowMs = 3
    await askForAll(state, -6, 4)
    expect(state.store(names).get('x')).toEqual({ name: '2' })
    expect(state.store(seen).get('x')).toEqual({ value: 'y', timestampMs: 2 })
    expect([...state.store(amounts).fetch('w', -6, 4)].map(({ timeMs }) => timeMs)).toEqual([1, 2])
    expect(reads).toEqual([])
  })

  test('reads only what lies before the span that is known', async () => {
    for (const timeMs of [1, 5]) await write(open(), timeMs)
    const state = open()
    await askForAll(state, 4, 6)
    await commit(state)
    reads.length = 0
    await askForAll(state, 0, 6)
    expect(reads).toEqual(['amounts 1'])
    expect([...state.store(amounts).fetch('w', 0, 6)].map(({ timeMs }) => timeMs)).toEqual([1, 5])
  })

  test('finds rows that wait for the database where they wait, and reads nothing of a key that the database does not have', async () => {
    const state = open(0)
    for (const timeMs of [1, 2, 3]) {
      await askForAll(state, -9, timeMs)
      state.store(amounts).put('w', { timeMs, offset: timeMs, value: timeMs })
      state.drain()
    }
    reads.length = 0
    await askForAll(state, -9, 4)
    expect([...state.store(amounts).fetch('w', -9, 4)].map(({ value }) => value)).toEqual([1, 2, 3])
    expect(reads.filter((read) => read.startsWith('amounts'))).toEqual([])
  })

  test('reads again after a discard, and without a cache', async () => {
    const [discarding, without] = [open(), open(0)]
    await write(open(), 1)
    for (const state of [discarding, without]) {
      await askForAll(state, 0, 2)
      if (state === discarding) state.discard()
      else await commit(state)
      reads.length = 0
      await askForAll(state, 0, 2)
      expect(reads.filter((read) => read.startsWith('names') || read.startsWith('amounts'))).toHaveLength(2)
      expect([...state.store(amounts).fetch('w', 0, 2)]).toHaveLength(1)
    }
  })

  test('sees all of a key with many entries at and after the times it asks for', async () => {
    const writer = open()
    for (let n = 0; n < 1_000; n++) {
      writer.store(amounts).put('w', { timeMs: n < 700 ? 5 : 6 + (n % 7), offset: n, value: n })
    }
    await commit(writer)
    const state = open()
    for (const [toMs, expected] of [
      [4, 0],
      [5, 700],
      [8, 829],
      [20, 1_000],
    ] as const) {
      await askForAll(state, 0, toMs)
      expect([...state.store(amounts).fetch('w', 0, toMs)]).toHaveLength(expected)
      await commit(state)
    }
    reads.length = 0
    await askForAll(state, 0, 50)
    expect(reads).toEqual([])
  })

  test('gives the same object for the same value, and another after it was put anew', async () => {
    const state = open()
    await write(state, 1)
    const read = state.store(names).get('x')
    await commit(state)
    expect(state.store(names).get('x')).toBe(read)
    state.store(names).put('x', { name: 'other' })
    expect(state.store(names).get('x')).toEqual({ name: 'other' })
    expect(read).toEqual({ name: '1' })
  })

  test('that puts entries nobody asks for does not fill the memory with them', async () => {
    const state = open()
    await askForAll(state, 0, 1)
    for (let n = 1; n < 400; n++) await write(state, 1)
    for (let n = 0; n < 400; n++) {
      state.store(amounts).put('w', { timeMs: 2, offset: n, value: n })
      if (n % 10 === 9) await commit(state)
    }
    reads.length = 0
    await askForAll(state, 0, 9)
    expect(reads).not.toEqual([])
    expect([...state.store(amounts).fetch('w', 0, 9)]).toHaveLength(401)
  })
})
