import { beforeEach, describe, expect, test } from 'vitest'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { keyBytes, timestampedBytes, windowKey, windowPrefix, windowTimeOf } from '../../src/state/keys.ts'
import { Sweeper } from '../../src/state/sweeper.ts'
import { systemColumn } from '../../src/state/system.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { segmentedKey } from '../../src/state/window-segments.ts'
import { allStores, amounts, contentOf, names, seen, withMethods } from './state-fixture.ts'

let db: StateDb
let visits: number[]
let sweeper: Sweeper

const open = () => new Sweeper(db, allStores)
const marks = (from: number, count: number, timeMs: number) =>
  Array.from({ length: count }, (_, n) => ({
    column: seen.name,
    key: keyBytes(`k${String(from + n).padStart(6, '0')}`),
    value: timestampedBytes(timeMs, Buffer.from('x')),
  }))

/** Writes as a commit does: what is past retention goes first. */
async function commit(changes: ReturnType<typeof marks>, streamTimeMs: number): Promise<number> {
  sweeper.noteWrites(changes)
  const swept = await sweeper.sweep(streamTimeMs)
  await db.write([...swept, ...changes])
  return swept.filter(({ column, value }) => column !== systemColumn && value === null).length
}

beforeEach(async () => {
  const memory = await memoryEngine().open('state', columnsOf(allStores))
  visits = []
  db = withMethods(memory, {
    async getRanges(column, ranges) {
      const answers = await memory.getRanges(column, ranges)
      if (column === seen.name) visits.push(answers[0]!.length)
      return answers
    },
  })
  sweeper = open()
})

describe('a sweep', () => {
  test('removes only entries whose time is before stream time − retention', async () => {
    await db.write([...marks(0, 1, 4), ...marks(1, 1, 5)])
    expect(await commit([], 15)).toBe(1)
    expect((await contentOf(db, seen.name)).map(({ key }) => key.toString())).toEqual(['k000001'])
  })

  test('deletes segments of window entries that are all past their retention, and leaves key-value stores alone', async () => {
    const entry = (timeMs: number) => ({
      column: amounts.name,
      key: segmentedKey(amounts, windowKey(windowPrefix('w'), timeMs, 1), timeMs),
      value: Buffer.from([1]),
    })
    await db.write([
      entry(-3),
      entry(0),
      entry(4),
      entry(5),
      { column: names.name, key: keyBytes('x'), value: Buffer.alloc(8) },
    ])
    await commit([], 15)
    expect((await contentOf(db, amounts.name)).map(({ key }) => windowTimeOf(key))).toEqual([0, 4, 5])
    await commit([], 16)
    expect((await contentOf(db, amounts.name)).map(({ key }) => windowTimeOf(key))).toEqual([5])
    expect(await contentOf(db, names.name)).toHaveLength(1)
  })

  test('visits 64 entries where little is written and two for each write where much is', async () => {
    await db.write(marks(0, 5000, 0))
    await commit([], 100)
    await commit(marks(5000, 1000, 100), 100)
    await commit(marks(6000, 10, 100), 100)
    expect(visits.filter((count) => count > 0)).toEqual([64, 2000, 64])
  })

  test('goes on where it was, and wraps', async () => {
    await db.write(marks(0, 100, 0))
    expect(await commit([], 100)).toBe(64)
    expect(await commit([], 100)).toBe(36)
    expect(await commit(marks(0, 3, 0), 100)).toBe(0)
    expect(await commit([], 100)).toBe(3)
  })

  test('goes on where it was after a restart', async () => {
    await db.write([...marks(0, 64, 50), ...marks(64, 64, 0)])
    expect(await commit([], 60)).toBe(0)
    sweeper = open()
    expect(await commit([], 60)).toBe(64)
  })

  test('does not rest after a restart before it has gone round once', async () => {
    await db.write([...marks(0, 64, 5), ...marks(64, 64, 50)])
    await commit([], 12)
    sweeper = open()
    for (let round = 0; round < 3; round++) expect(await commit([], 12)).toBe(0)
    expect((await commit([], 20)) + (await commit([], 20)) + (await commit([], 20))).toBe(64)
  })

  test('never removes what the same commit puts anew', async () => {
    await db.write(marks(0, 1, 0))
    await commit(marks(0, 1, 100), 100)
    expect(await contentOf(db, seen.name)).toHaveLength(1)
  })

  test('reads nothing while nothing can be past its retention', async () => {
    await commit(marks(0, 10, 100), 100)
    await commit([], 100)
    visits = []
    await commit(marks(10, 10, 105), 105)
    await commit([], 110)
    expect(visits).toEqual([])
    expect(await commit([], 111)).toBe(10)
    expect(await commit([], 115)).toBe(0)
    expect(await commit([], 116)).toBe(10)
  })

  test('finds what it gave out and nobody wrote', async () => {
    await db.write(marks(0, 3, 0))
    expect(await sweeper.sweep(100)).not.toEqual([])
    sweeper.discard()
    expect(await commit([], 100)).toBe(3)
  })
})
