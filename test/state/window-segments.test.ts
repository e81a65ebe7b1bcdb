import { describe, expect, test } from 'vitest'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import type { WindowStoreDef } from '../../src/state/stores.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'
import { amounts, contentOf } from './state-fixture.ts'

const key = 'k'

async function write(db: StateDb, def: WindowStoreDef<number>, times: readonly number[]): Promise<void> {
  const state = TaskState.open({ db, stores: [def], streamTimeMs: () => 0 })
  for (const timeMs of times) state.store(def).put(key, { timeMs, offset: timeMs, value: timeMs })
  await db.write(state.drain().changes())
  state.applied()
}

async function timesOf(db: StateDb, def: WindowStoreDef<number>, fromMs: number, toMs: number): Promise<number[]> {
  const state = TaskState.open({ db, stores: [def], streamTimeMs: () => 0 })
  state.prefetcher().fetch(def, key, fromMs, toMs)
  await state.prefetch()
  return [...state.store(def).fetch(key, fromMs, toMs)].map(({ timeMs }) => timeMs)
}

const from0to = (end: number) => Array.from({ length: end }, (_, n) => n)

describe('rows in segments of time', () => {
  test('are read across segments in order, negative times included', async () => {
    const db = await memoryEngine().open('state', columnsOf([amounts]))
    const times = [-9, -5, -1, 0, 4, 5, 9, 10, 14, 15]
    await write(db, { ...amounts, retentionMs: 10 }, times.toReversed())
    expect(await timesOf(db, { ...amounts, retentionMs: 100 }, -9, 15)).toEqual(times)
    expect(await timesOf(db, { ...amounts, retentionMs: 100 }, -1, 5)).toEqual([-1, 0, 4, 5])
  })

  test('stay readable, each once, when the retention changes', async () => {
    const db = await memoryEngine().open('state', columnsOf([amounts]))
    await write(db, { ...amounts, retentionMs: 7 }, from0to(40))
    await write(db, { ...amounts, retentionMs: 60 }, [...from0to(10), 40, 50])
    expect(await timesOf(db, { ...amounts, retentionMs: 100 }, 0, 60)).toEqual([...from0to(41), 50])
  })

  test('are all read of a key with many, however they lie', async () => {
    const db = await memoryEngine().open('state', columnsOf([amounts]))
    await write(db, { ...amounts, retentionMs: 700 }, from0to(2_000))
    await write(db, { ...amounts, retentionMs: 5_000 }, [1_000, 2_000, 2_001])
    expect(await timesOf(db, { ...amounts, retentionMs: 9_000 }, 0, 5_000)).toEqual(from0to(2_002))
  })

  test('go when the whole of their segment is past the retention', async () => {
    const db = await memoryEngine().open('state', columnsOf([amounts]))
    await write(db, amounts, from0to(10))
    const state = TaskState.open({ db, stores: [amounts], streamTimeMs: () => 0 })
    const left: number[] = []
    for (const streamTimeMs of [15, 16, 20, 21]) {
      await state.sweep(streamTimeMs)
      left.push((await contentOf(db, amounts.name)).length)
    }
    expect(left).toEqual([10, 5, 5, 0])
  })
})
