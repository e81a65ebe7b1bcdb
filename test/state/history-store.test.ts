import { expect, test } from 'vitest'
import { float64Serde } from '../../src/record/serdes.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import type { HeldHistory, History, HistoryStoreDef } from '../../src/state/stores.ts'
import { columnsOf, type Drained, TaskState } from '../../src/state/task-state.ts'
import { withMethods } from './state-fixture.ts'

const amounts: HistoryStoreDef<number> = {
  kind: 'window',
  reads: 'histories',
  name: 'amounts',
  serde: float64Serde,
  retentionMs: 100,
}

class Amounts implements History<number> {
  #entries: [timeMs: number, offset: number, value: number][] = []

  get heldBytes(): number {
    return 100 * this.#entries.length
  }

  get values(): number[] {
    return this.#entries.map(([, , value]) => value)
  }

  add(...entry: [timeMs: number, offset: number, value: number]): void {
    if (this.#entries.some(([timeMs, offset]) => timeMs === entry[0] && offset === entry[1])) return
    this.#entries.push(entry)
    this.#entries.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }

  keepAfter(offset: number): boolean {
    const kept = this.#entries.filter((entry) => entry[1] > offset)
    const isLess = kept.length < this.#entries.length
    this.#entries = kept
    return isLess
  }
}

async function opened(cacheBytes: number) {
  const stored = await memoryEngine().open('state', columnsOf([amounts]))
  const time = { nowMs: 0 }
  const reads = { ranges: 0 }
  const db = withMethods(stored, {
    getRanges: (column, ranges) => {
      if (ranges.some(({ limit }) => limit === undefined)) reads.ranges += ranges.length
      return stored.getRanges(column, ranges)
    },
  })
  const state = TaskState.open({ db, stores: [amounts], streamTimeMs: () => time.nowMs, cacheBytes })
  const waiting: Drained[] = []
  let offset = 0
  const ask = (key: string, sinceMs = 0) =>
    state.prefetcher().history({ store: amounts, key, sinceMs, make: () => new Amounts() })
  const at = {
    time,
    state,
    reads,
    ask,
    async valuesOf(key: string, sinceMs = 0): Promise<number[]> {
      const held = ask(key, sinceMs)
      await state.prefetch()
      return held.history.values
    },
    async put(key: string, timeMs: number, value: number): Promise<HeldHistory<number, Amounts>> {
      const held = ask(key)
      await state.prefetch()
      held.put({ timeMs, offset: offset++, value })
      return held
    },
    drain: () => void waiting.push(state.drain()),
    async apply() {
      await stored.write(waiting.shift()!.changes())
      state.applied()
    },
  }
  return at
}

test('a history that was let go is read back', async () => {
  const at = await opened(0)
  await at.put('a', 1, 10)
  await at.put('a', 2, 20)
  at.drain()
  await at.apply()
  expect(await at.valuesOf('a')).toEqual([10, 20])
  expect(at.reads.ranges).toBe(1)
})

test('a history in memory is not read again', async () => {
  const at = await opened(1_000)
  await at.put('a', 1, 10)
  at.drain()
  await at.apply()
  expect(await at.valuesOf('a')).toEqual([10])
  expect(at.reads.ranges).toBe(0)
})

test('what the database does not have yet stays in memory, and is joined by what it has', async () => {
  const at = await opened(0)
  await at.put('a', 1, 10)
  at.drain()
  await at.apply()
  const held = await at.put('a', 3, 30)
  at.drain()
  expect(held.history.values).toEqual([30])
  expect(await at.valuesOf('a')).toEqual([10, 30])
})

test('a key that the database cannot have is not read', async () => {
  const at = await opened(0)
  await at.put('a', 1, 10)
  at.drain()
  await at.apply()
  expect(await at.valuesOf('never put')).toEqual([])
  expect(at.reads.ranges).toBe(0)
})

test('a discard forgets what was not written, and the rest is read again', async () => {
  const at = await opened(1_000)
  await at.put('a', 1, 10)
  at.drain()
  await at.apply()
  await at.put('a', 2, 20)
  at.state.discard()
  expect(await at.valuesOf('a')).toEqual([10])
})

test('what is past its retention is not read', async () => {
  const at = await opened(0)
  await at.put('a', 1, 10)
  await at.put('a', 150, 20)
  at.drain()
  await at.apply()
  at.time.nowMs = 150
  expect(await at.valuesOf('a', 0)).toEqual([20])
})

test('a history that this batch did not ask for is refused', async () => {
  const at = await opened(1_000)
  const held = await at.put('a', 1, 10)
  expect(at.state.store(amounts).at('a').history).toBe(held.history)
  at.drain()
  expect(() => at.state.store(amounts).at('a')).toThrow('was not asked for a')
  expect(() => held.put({ timeMs: 2, offset: 9, value: 20 })).toThrow('was not asked for a')
  at.ask('b')
  expect(() => at.state.store(amounts).at('b'), 'asked, but not read').toThrow('was not asked for b')
})
