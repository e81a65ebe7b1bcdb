import { beforeEach, describe, expect, test } from 'vitest'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { readSystem, systemColumn } from '../../src/state/system.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'
import { WriteBehind } from '../../src/state/write-behind.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import { allStores, amounts, contentOf, names, withMethods } from './state-fixture.ts'

let db: StateDb
let state: TaskState
let writes: number
const time = { nowMs: 0 }

beforeEach(async () => {
  time.nowMs = 0
  writes = 0
  const inner = await memoryEngine().open('state', columnsOf(allStores))
  db = withMethods(inner, {
    write(changes) {
      writes++
      return inner.write(changes)
    },
  })
  state = TaskState.open({ db, stores: allStores, streamTimeMs: () => time.nowMs })
})

const open = (limitBytes: number) => new WriteBehind({ db, state, limitBytes })

/** Commits what was written, as the n-th commit. */
const commit = (writeBehind: WriteBehind, n: number) =>
  writeBehind.add({
    drained: state.drain(),
    streamTimeMs: time.nowMs,
    system: [],
    changelogEnds: new Map([['names', n]]),
  })

const storedNames = async () => (await contentOf(db, 'names')).map(({ key }) => key.toString())
const storedEnd = async () => (await readSystem(db)).changelogOffsets.get('names')

describe('commits', () => {
  test('reach the database when there is too much of them, the oldest first, each whole and with its position', async () => {
    const writeBehind = open(10_000)
    const seen: (number | undefined)[] = []
    for (let n = 1; n <= 100; n++) {
      for (const part of ['a', 'b']) state.store(names).put(`${part}${n}`, { name: 'x'.repeat(100) })
      await commit(writeBehind, n)
      const end = await storedEnd()
      seen.push(end)
      const expected = Array.from({ length: end ?? 0 }, (_, index) => index + 1)
      expect((await storedNames()).sort()).toEqual(expected.flatMap((m) => [`a${m}`, `b${m}`]).sort())
    }
    expect(seen[5]).toBeUndefined()
    expect(seen[99]).toBeGreaterThan(70)
    expect(writes).toBeLessThan(100)
  })

  test('do not hold the blocks in which other buffers lay, and are not held for ever though they change no store', async () => {
    const bufferBytes = () => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const writeBehind = open(1_000_000)
    const before = bufferBytes()
    for (let n = 1; n <= 1_000; n++) {
      const system = [{ column: systemColumn, key: Buffer.from('position'), value: Buffer.from(`${n}`) }]
      await writeBehind.add({ drained: state.drain(), streamTimeMs: 0, system, changelogEnds: new Map() })
      // What a commit reads and writes otherwise.
      for (let other = 0; other < 4; other++) Buffer.allocUnsafe(Buffer.poolSize / 4)
    }
    expect(writes).toBe(0)
    expect(bufferBytes() - before).toBeLessThan((1_000 * Buffer.poolSize) / 20)
    for (let n = 0; n < 2_000; n++) {
      const system = [{ column: systemColumn, key: Buffer.from('position'), value: Buffer.from(`${n}`) }]
      await writeBehind.add({ drained: state.drain(), streamTimeMs: 0, system, changelogEnds: new Map() })
    }
    expect(writes).toBeGreaterThan(0)
  })

  test('reach it at once with a limit of 0', async () => {
    const writeBehind = open(0)
    state.store(names).put('a', { name: 'x' })
    await commit(writeBehind, 1)
    expect(await storedNames()).toEqual(['a'])
  })

  test('reach it altogether when told to, in one write', async () => {
    const writeBehind = open(1_000_000)
    for (const n of [1, 2, 3]) {
      state.store(names).put(`n${n}`, { name: 'x' })
      await commit(writeBehind, n)
    }
    expect([await storedNames(), writes]).toEqual([[], 0])
    await writeBehind.flush()
    expect([await storedNames(), writes]).toEqual([['n1', 'n2', 'n3'], 1])
    await writeBehind.flush()
    expect(writes).toBe(1)
  })

  test('reach it in several writes when there are many, so that none takes long', async () => {
    const writeBehind = open(100_000_000)
    for (let n = 1; n <= 12; n++) {
      state.store(names).put(`n${n}`, { name: 'x'.repeat(500_000) })
      await commit(writeBehind, n)
    }
    await writeBehind.rest()
    expect([writes, await storedEnd()]).toEqual([1, 5])
    await writeBehind.flush()
    expect([writes, await storedEnd()]).toEqual([3, 12])
  })

  test('say how far the database has a changelog: no further than it was written', async () => {
    const writeBehind = open(100_000_000)
    for (let n = 1; n <= 6; n++) {
      state.store(names).put(`n${n}`, { name: 'x'.repeat(500_000) })
      await commit(writeBehind, n)
    }
    expect(writeBehind.storedOffset('names')).toBe(0)
    const written = writeBehind.rest()
    expect(writeBehind.storedOffset('names')).toBe(0)
    await written
    expect([writeBehind.storedOffset('names'), await storedEnd()]).toEqual([5, 5])
  })

  test('reach it soon when all that they hold has passed its retention, without bringing any of it', async () => {
    const writeBehind = open(1_000_000)
    const put = async (n: number) => {
      for (let m = 0; m < 200; m++) state.store(amounts).put('w', { timeMs: time.nowMs, offset: 200 * n + m, value: 1 })
      await commit(writeBehind, n)
    }
    for (let n = 1; n <= 10; n++) await put(n)
    time.nowMs = amounts.retentionMs + 1
    expect(writeBehind.storedOffset('names')).toBe(0)
    await put(11)
    expect(writeBehind.storedOffset('names')).toBe(10)
    expect(await contentOf(db, 'amounts')).toEqual([])
    await writeBehind.flush()
    expect(await contentOf(db, 'amounts')).toHaveLength(200)
  })

  test('wait for the one before them that still holds what can be seen', async () => {
    const writeBehind = open(1_000_000)
    state.store(names).put('a', { name: 'x' })
    await commit(writeBehind, 1)
    for (let m = 0; m < 2_000; m++) state.store(amounts).put('w', { timeMs: 0, offset: m, value: 1 })
    await commit(writeBehind, 2)
    time.nowMs = amounts.retentionMs + 1
    state.store(names).put('b', { name: 'x' })
    await commit(writeBehind, 3)
    expect(writes).toBe(0)
  })

  test('bring nothing of a window that has passed its retention meanwhile', async () => {
    const writeBehind = open(1_000_000)
    state.store(amounts).put('w', { timeMs: 0, offset: 1, value: 1 })
    await commit(writeBehind, 1)
    time.nowMs = amounts.retentionMs + 1
    state.store(amounts).put('w', { timeMs: time.nowMs, offset: 2, value: 2 })
    await commit(writeBehind, 2)
    await writeBehind.flush()
    expect(await contentOf(db, 'amounts')).toHaveLength(1)
  })
})

test('a failed write is heard by whoever asked, and by all after it', async () => {
  const failing = withMethods(db, { write: () => Promise.reject(new Error('disk full')) })
  const writeBehind = new WriteBehind({ db: failing, state, limitBytes: 1_000_000 })
  state.store(names).put('a', { name: 'x' })
  await commit(writeBehind, 1)
  await expect(writeBehind.flush()).rejects.toThrow('disk full')
  await expect(writeBehind.flush()).rejects.toThrow('disk full')
})
