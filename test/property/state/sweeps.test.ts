import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { expiredBefore } from '../../../src/state/retention.ts'
import { columnsOf, TaskState } from '../../../src/state/task-state.ts'
import { allStores, amounts, contentOf, seen } from '../../state/state-fixture.ts'
import { parameters } from './state-ops.ts'

/** How keys come: a few that are hot, many alike, or always new ones. */
const keyings = {
  hot: (n: number) => `k${n % 3}`,
  even: (n: number) => `k${(n * 7919) % 500}`,
  fresh: (n: number) => `k${n}`,
  descending: (n: number) => `k${1e9 - n}`,
} as const

const steadyStream = fc.record({
  keying: fc.constantFrom(...(Object.keys(keyings) as (keyof typeof keyings)[])),
  writesPerCommit: fc.integer({ min: 1, max: 150 }),
  writesPerMs: fc.integer({ min: 1, max: 40 }),
  reopenEvery: fc.integer({ min: 5, max: 60 }),
  latenessMs: fc.nat({ max: 5 }),
})

describe('in a long steady stream', () => {
  test('a column holds at most three times what is alive and a little, through restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steadyStream, async ({ keying, writesPerCommit, writesPerMs, reopenEvery, latenessMs }) => {
        const engine = memoryEngine()
        const time = { nowMs: 0 }
        const open = async () => {
          const db = await engine.open('state', columnsOf(allStores))
          return { db, state: TaskState.open({ db, stores: allStores, streamTimeMs: () => time.nowMs }) }
        }
        let { db, state } = await open()
        const aliveEntries: number[] = []
        const aliveMarks = new Map<string, number>()
        let n = 0
        // Several times what the retention holds, and enough commits for some restarts.
        const commits = Math.max(200, Math.ceil((amounts.retentionMs * writesPerMs * 8) / writesPerCommit))
        for (let commit = 0; commit < commits; commit++) {
          for (let write = 0; write < writesPerCommit; write++, n++) {
            time.nowMs = Math.floor(n / writesPerMs)
            const timeMs = time.nowMs - (n % (latenessMs + 1))
            const key = keyings[keying](n)
            state.store(amounts).put(key, { timeMs, offset: n, value: 1 })
            state.store(seen).put(key, 'x', timeMs)
            aliveEntries.push(timeMs)
            aliveMarks.delete(key)
            aliveMarks.set(key, timeMs)
          }
          const changes = state.drain().changes()
          await db.write([...(await state.sweep(time.nowMs)), ...changes])
          state.applied()
          if (commit % reopenEvery === 0) {
            await db.close()
            ;({ db, state } = await open())
          }
          if (commit % 50 !== 49) continue
          const oldestMs = expiredBefore(amounts, time.nowMs)
          const alive = (times: Iterable<number>) => [...times].filter((timeMs) => timeMs >= oldestMs).length
          expect((await contentOf(db, amounts.name)).length).toBeLessThanOrEqual(3 * alive(aliveEntries) + 300)
          expect((await contentOf(db, seen.name)).length).toBeLessThanOrEqual(3 * alive(aliveMarks.values()) + 300)
        }
      }),
      parameters(20),
    )
  })
})
