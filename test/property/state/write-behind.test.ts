import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { changesOf } from '../../../src/state/restore.ts'
import type { IdStoreDef } from '../../../src/state/stores.ts'
import { readSystem } from '../../../src/state/system.ts'
import { type ChangelogEntry, columnsOf, TaskState } from '../../../src/state/task-state.ts'
import { WriteBehind } from '../../../src/state/write-behind.ts'
import { amounts, allStores as keyedStores, names, seen } from '../../state/state-fixture.ts'
import { parameters } from './state-ops.ts'

const ids: IdStoreDef = { kind: 'ids', name: 'ids', retentionMs: 10 }
const allStores = [...keyedStores, ids]
const keys = ['a', 'ab', 'é', '']
const key = fc.constantFrom(...keys)
const timeMs = fc.integer({ min: 0, max: 30 })
const write = fc.oneof(
  fc.record({
    store: fc.constant('names' as const),
    key,
    name: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  }),
  fc.record({ store: fc.constant('seen' as const), key, timeMs, value: fc.string({ maxLength: 3 }) }),
  fc.record({ store: fc.constant('ids' as const), key, timeMs }),
  {
    arbitrary: fc.record({
      store: fc.constant('amounts' as const),
      key,
      timeMs,
      offset: fc.nat({ max: 9 }),
      value: fc.nat(),
    }),
    // A key has many rows, some of them outside what is asked for.
    weight: 6,
  },
)
const batches = fc.array(
  fc.record({
    writes: fc.array(write, { maxLength: 20, size: 'max' }),
    asks: fc.record({ key, fromMs: timeMs }),
    passesMs: fc.nat({ max: 1 }),
    next: fc.constantFrom('go on', 'go on', 'go on', 'go on', 'rest', 'flush'),
  }),
  { maxLength: 25, size: 'max' },
)
type Batch = typeof batches extends fc.Arbitrary<(infer B)[]> ? B : never

/** A task's state, what it wrote behind, and its changelogs. */
async function openRig(limitBytes: number, folder: string, engine = memoryEngine()) {
  const time = { nowMs: 0 }
  const db = await engine.open(folder, columnsOf(allStores))
  const state = TaskState.open({ db, stores: allStores, streamTimeMs: () => time.nowMs, cacheBytes: 2_000 })
  const writeBehind = new WriteBehind({ db, state, limitBytes })
  const changelogs = new Map(allStores.map(({ name }) => [name as string, [] as ChangelogEntry[]]))
  let offset = 0
  const load = async () => {
    for (const name of keys) state.prefetcher().fetch(amounts, name, 0, 100)
    await state.prefetch()
  }
  return {
    db,
    changelogs,
    async run({ writes, asks, passesMs, next }: Batch) {
      state.prefetcher().fetch(amounts, asks.key, asks.fromMs, asks.fromMs + 5)
      await state.prefetch()
      for (const change of writes) {
        if (change.store === 'amounts') state.store(amounts).put(change.key, change)
        else if (change.store === 'seen') state.store(seen).put(change.key, change.value, change.timeMs)
        else if (change.store === 'ids') {
          // As operators do: what is known is not taken again.
          if (state.store(ids).get(change.key) === undefined) state.store(ids).put(change.key, offset++, change.timeMs)
        } else if (change.name === undefined) state.store(names).delete(change.key)
        else state.store(names).put(change.key, { name: change.name })
      }
      time.nowMs += passesMs
      const drained = state.drain()
      for (const entry of drained.changelog) changelogs.get(entry.store)!.push(entry)
      const changelogEnds = new Map([...changelogs].map(([store, { length }]) => [store, length]))
      await writeBehind.add({ drained, streamTimeMs: time.nowMs, system: [], changelogEnds })
      if (next === 'rest') await writeBehind.rest()
      else if (next === 'flush') await writeBehind.flush()
    },
    async answers() {
      await load()
      return keys.map((name) => [
        state.store(names).get(name),
        state.store(seen).get(name),
        state.store(ids).get(name),
        [...state.store(amounts).fetch(name, 0, 100)],
      ])
    },
  }
}

/** What a task would find that opens the database after a crash: it replays what the database lacks of the changelogs. */
async function reopened(rig: Awaited<ReturnType<typeof openRig>>, streamTimeMs: number) {
  const { changelogOffsets } = await readSystem(rig.db)
  for (const store of allStores) {
    const addChanges = changesOf(store)
    const changes: Parameters<typeof addChanges>[1] = []
    for (const entry of rig.changelogs.get(store.name)!.slice(changelogOffsets.get(store.name) ?? 0))
      addChanges(entry, changes)
    await rig.db.write(changes)
  }
  const state = TaskState.open({ db: rig.db, stores: allStores, streamTimeMs: () => streamTimeMs })
  for (const name of keys) state.prefetcher().fetch(amounts, name, 0, 100)
  await state.prefetch()
  return keys.map((name) => [
    state.store(names).get(name),
    state.store(seen).get(name),
    state.store(ids).get(name),
    [...state.store(amounts).fetch(name, 0, 100)],
  ])
}

describe('what is written behind', () => {
  test('changes no answer, neither while it is held back nor after a crash at any time', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.constantFrom(1, 500, 2_000, 1_000_000), async (history, limitBytes) => {
        const behind = await openRig(limitBytes, 'behind')
        const atOnce = await openRig(0, 'at-once')
        let streamTimeMs = 0
        for (const batch of history) {
          streamTimeMs += batch.passesMs
          await behind.run(batch)
          await atOnce.run({ ...batch, next: 'go on' })
          if (batch.next === 'rest') expect(await behind.answers()).toEqual(await atOnce.answers())
        }
        expect(await behind.answers()).toEqual(await atOnce.answers())
        expect(await reopened(behind, streamTimeMs)).toEqual(await atOnce.answers())
      }),
      parameters(),
    )
  })
})
