import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { type ChangelogBatch, restore } from '../../../src/state/restore.ts'
import type { StoreDef } from '../../../src/state/stores.ts'
import { readSystem } from '../../../src/state/system.ts'
import { type ChangelogEntry, columnsOf, TaskState } from '../../../src/state/task-state.ts'
import { allStores, amounts, contentOf, names, seen } from '../../state/state-fixture.ts'
import { parameters } from './state-ops.ts'

interface LogEntry extends ChangelogEntry {
  readonly offset: number
}

const key = fc.constantFrom('a', 'ab', 'é', '')
const timeMs = fc.integer({ min: -5, max: 40 })
const write = fc.oneof(
  fc.record({
    store: fc.constant('names' as const),
    key,
    name: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  }),
  fc.record({ store: fc.constant('seen' as const), key, timeMs, value: fc.string({ maxLength: 3 }) }),
  fc.record({ store: fc.constant('amounts' as const), key, timeMs, offset: fc.nat({ max: 3 }), value: fc.nat() }),
)
const batches = fc.array(fc.record({ writes: fc.array(write, { maxLength: 8 }), marker: fc.nat({ max: 2 }) }), {
  maxLength: 25,
})

/** A state that went through the batches, and its changelogs with the offsets that markers take in between. */
async function original(history: typeof batches extends fc.Arbitrary<infer B> ? B : never) {
  const db = await memoryEngine().open('original', columnsOf(allStores))
  const state = TaskState.open({ db, stores: allStores, streamTimeMs: () => 0 })
  const log: LogEntry[] = []
  const ends = new Map<string, number>()
  for (const { writes, marker } of history) {
    for (const change of writes) {
      if (change.store === 'amounts') state.store(amounts).put(change.key, change)
      else if (change.store === 'seen') state.store(seen).put(change.key, change.value, change.timeMs)
      else if (change.name === undefined) state.store(names).delete(change.key)
      else state.store(names).put(change.key, { name: change.name })
    }
    const drained = state.drain()
    const { changelog } = drained
    const changes = drained.changes()
    for (const entry of changelog) {
      const offset = ends.get(entry.store) ?? 0
      log.push({ ...entry, offset })
      ends.set(entry.store, offset + 1)
    }
    for (const { name } of allStores) ends.set(name, (ends.get(name) ?? 0) + marker)
    await db.write(changes)
    state.applied()
  }
  return { db, log, endOf: (store: StoreDef<never>) => ends.get(store.name) ?? 0 }
}

/** Reads as a consumer does: some offsets at a time, batches without records included. */
async function* read(
  log: readonly LogEntry[],
  from: number,
  to: number,
  step: number,
  failAt = Number.POSITIVE_INFINITY,
) {
  for (let at = from; at < to; at += step) {
    if (at >= failAt) throw new Error('the reader failed')
    const next = Math.min(at + step, to)
    const entries = log.filter(({ offset }) => offset >= at && offset < next)
    yield { entries, nextOffset: next } satisfies ChangelogBatch
  }
}

const cut = fc.record({
  step: fc.integer({ min: 1, max: 7 }),
  batchEntries: fc.integer({ min: 1, max: 20 }),
  failures: fc.array(fc.nat({ max: 120 }), { maxLength: 3 }),
})

describe('a restored state', () => {
  test('equals the original byte for byte, however often the restore was cut short', async () => {
    await fc.assert(
      fc.asyncProperty(batches, cut, async (history, { step, batchEntries, failures }) => {
        const { db, log, endOf } = await original(history)
        const engine = memoryEngine()
        let restored = await engine.open('restored', columnsOf(allStores))
        for (const store of allStores) {
          const entries = log.filter((entry) => entry.store === store.name)
          const to = endOf(store)
          for (const failAt of [...failures, undefined]) {
            const from = (await readSystem(restored)).changelogOffsets.get(store.name) ?? 0
            const attempt = restore({
              db: restored,
              store,
              batches: read(entries, from, to, step, failAt),
              from,
              to,
              batchEntries,
            })
            if (failAt === undefined) expect(await attempt).toBe(to)
            else await attempt.catch((error: Error) => expect(error.message).toBe('the reader failed'))
            await restored.close()
            restored = await engine.open('restored', columnsOf(allStores))
          }
          expect(await contentOf(restored, store.name)).toEqual(await contentOf(db, store.name))
        }
      }),
      parameters(),
    )
  })

  test('answers like the original when what is past its retention was left out', async () => {
    await fc.assert(
      fc.asyncProperty(batches, timeMs, fc.nat({ max: 100 }), async (history, streamTimeMs, resumeAt) => {
        const { db, log, endOf } = await original(history)
        const restored = await memoryEngine().open('restored', columnsOf(allStores))
        for (const store of allStores) {
          const entries = log.filter((entry) => entry.store === store.name)
          const to = endOf(store)
          // The first part was applied when less was past its retention.
          const middle = Math.min(resumeAt, to)
          const first = { db: restored, store, from: 0, to: middle, streamTimeMs: streamTimeMs - 7 }
          await restore({ ...first, batches: read(entries, 0, middle, 3) })
          await restore({ db: restored, store, from: middle, to, streamTimeMs, batches: read(entries, middle, to, 3) })
        }
        const answers = []
        for (const of of [db, restored]) {
          const state = TaskState.open({ db: of, stores: allStores, streamTimeMs: () => streamTimeMs })
          const keys = ['a', 'ab', 'é', '']
          for (const name of keys) state.prefetcher().fetch(amounts, name, -100, 100)
          await state.prefetch()
          answers.push(
            keys.map((name) => [
              state.store(names).get(name),
              state.store(seen).get(name),
              [...state.store(amounts).fetch(name, -100, 100)],
            ]),
          )
        }
        expect(answers[1]).toEqual(answers[0])
      }),
      parameters(),
    )
  })
})
