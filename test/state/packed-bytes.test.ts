import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { pack, unpack } from '../../src/state/packed-bytes.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import { allStores, amounts, names, withMethods } from './state-fixture.ts'

const batches = 1_000

/** State over a database that keeps nothing: what stays in memory is the stores' own. */
async function openForgetful(): Promise<TaskState> {
  const db = await memoryEngine().open('state', columnsOf(allStores))
  return TaskState.open({ db: withMethods(db, { write: async () => {} }), stores: allStores, streamTimeMs: () => 0 })
}

function bufferBytes(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

describe('bytes that stay in memory', () => {
  test('come back as they were, whatever they are', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
    expect(unpack(pack(bytes))).toEqual(bytes)
    expect(unpack(pack(Buffer.alloc(0)))).toEqual(Buffer.alloc(0))
  })

  test('do not hold the blocks in which other buffers lay', async () => {
    const state = await openForgetful()
    const before = bufferBytes()
    for (let n = 0; n < batches; n++) {
      state.prefetcher().fetch(amounts, `card-${n}`, -10, 10)
      state.prefetcher().get(names, `customer-${n}`)
      await state.prefetch()
      state.store(amounts).put(`card-${n}`, { timeMs: 0, offset: n, value: n })
      state.store(names).put(`customer-${n}`, { name: `name ${n}` })
      state.drain().changes()
      // From now on the database may have the card, so that it is held.
      state.prefetcher().fetch(amounts, `card-${n}`, -10, 10)
      await state.prefetch()
      state.applied()
      // What a batch reads and writes otherwise.
      for (let other = 0; other < 4; other++) Buffer.allocUnsafe(Buffer.poolSize / 4)
    }
    expect(bufferBytes() - before).toBeLessThan((batches * Buffer.poolSize) / 20)
    state.prefetcher().fetch(amounts, 'card-7', -10, 10)
    await state.prefetch()
    expect([...state.store(amounts).fetch('card-7', 0, 0)]).toEqual([{ timeMs: 0, offset: 7, value: 7 }])
    expect(state.store(names).get('customer-7')).toEqual({ name: 'name 7' })
  })
})
