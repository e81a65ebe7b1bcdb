import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { StateDb } from '../../../src/state/engine.ts'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import type { IdStoreDef, TimestampedStore } from '../../../src/state/stores.ts'
import { columnsOf, TaskState } from '../../../src/state/task-state.ts'
import { contentOf, withMethods } from '../state-fixture.ts'

const def: IdStoreDef = { kind: 'ids', name: 'ids', retentionMs: 10 }

let memory: StateDb
let db: StateDb
let reads: number
let time: { nowMs: number }
let state: TaskState
let ids: TimestampedStore<number>

async function open(): Promise<void> {
  state = TaskState.open({ db, stores: [def], streamTimeMs: () => time.nowMs })
  ids = state.store(def)
  await state.prefetch()
}

/** Ends the batch as a commit does. */
async function commit(): Promise<void> {
  const changes = state.drain().changes()
  await db.write([...(await state.sweep(time.nowMs)), ...changes])
  state.applied()
}

beforeEach(async () => {
  memory = await memoryEngine().open('state', columnsOf([def]))
  reads = 0
  db = withMethods(memory, {
    getSync(column, key) {
      reads++
      return memory.getSync(column, key)
    },
  })
  time = { nowMs: 0 }
  await open()
})

const offsetOf = (id: string) => ids.get(id)?.value

describe('a store of ids', () => {
  test('finds an id in the batch that took it, on its way to the database, there, and after a restart', async () => {
    ids.put('a', 7, 3)
    expect(ids.get('a')).toEqual({ value: 7, timestampMs: 3 })
    const changes = state.drain().changes()
    expect(offsetOf('a')).toBe(7)
    await db.write(changes)
    state.applied()
    expect(offsetOf('a')).toBe(7)
    await open()
    expect(ids.get('a')).toEqual({ value: 7, timestampMs: 3 })
  })

  test('keeps the ids of a batch in one entry, which is its changelog record too', async () => {
    for (let n = 0; n < 100; n++) ids.put(`id-${n}`, n, n % 10)
    const drained = state.drain()
    const { changelog } = drained
    const changes = drained.changes()
    expect(changelog).toHaveLength(1)
    expect(changes.map(({ key, value }) => ({ key, value }))).toEqual(
      changelog.map(({ key, value }) => ({ key, value })),
    )
    await db.write(changes)
    state.applied()
    await open()
    for (let n = 0; n < 100; n++) expect(offsetOf(`id-${n}`)).toBe(n)
    expect(offsetOf('id-100')).toBeUndefined()
  })

  test('begins another entry when one is long', async () => {
    const long = 'x'.repeat(20_000)
    for (let n = 0; n < 10; n++) ids.put(`${long}${n}`, n, 0)
    await commit()
    const entries = await contentOf(db, 'ids')
    expect(entries.length).toBeGreaterThan(1)
    for (const { value } of entries) expect(value.length).toBeLessThan(100_000)
    await open()
    for (let n = 0; n < 10; n++) expect(offsetOf(`${long}${n}`)).toBe(n)
  })

  test('takes any text for an id, and an id with half a surrogate pair as it is after a restart', async () => {
    const texts = ['', 'ä', '😀', 'x'.repeat(70_000), '\u0000']
    for (const [n, text] of texts.entries()) ids.put(text, n, 0)
    ids.put('\ud800', 9, 0)
    expect([offsetOf('\ud800'), offsetOf('\ufffd')]).toEqual([9, 9])
    await commit()
    await open()
    expect(texts.map(offsetOf)).toEqual(texts.map((_, n) => n))
    expect(offsetOf('\ud801')).toBe(9)
  })

  test('shows an id until stream time has passed it by more than the retention, without a sweep', async () => {
    ids.put('a', 1, 5)
    time.nowMs = 15
    expect(offsetOf('a')).toBe(1)
    time.nowMs = 16
    expect(offsetOf('a')).toBeUndefined()
  })

  test('answers with the higher offset when an id was taken again', async () => {
    ids.put('a', 1, 0)
    await commit()
    time.nowMs = 20
    ids.put('a', 8, 20)
    await commit()
    await open()
    expect(ids.get('a')).toEqual({ value: 8, timestampMs: 20 })
  })

  test('deletes entries whose ids are all past their retention, and no others', async () => {
    ids.put('a', 1, 0)
    await commit()
    ids.put('b', 2, 0)
    ids.put('c', 3, 4)
    await commit()
    time.nowMs = 14
    await commit()
    expect(await contentOf(db, 'ids')).toHaveLength(1)
    expect(offsetOf('c')).toBe(3)
    time.nowMs = 15
    await commit()
    expect(await contentOf(db, 'ids')).toHaveLength(0)
  })

  test('reads nothing for a new id', async () => {
    for (let n = 0; n < 500; n++) {
      ids.put(`id-${n}`, n, 0)
      await commit()
    }
    await open()
    for (let n = 500; n < 600; n++) expect(offsetOf(`id-${n}`)).toBeUndefined()
    expect(reads).toBe(0)
    expect(offsetOf('id-3')).toBe(3)
    expect(reads).toBe(1)
  })

  test('forgets what was discarded', async () => {
    ids.put('a', 1, 0)
    await commit()
    ids.put('b', 2, 0)
    state.drain()
    ids.put('c', 3, 0)
    state.discard()
    expect(['a', 'b', 'c'].map(offsetOf)).toEqual([1, undefined, undefined])
    expect(state.drain().changes()).toEqual([])
    ids.put('b', 2, 0)
    await commit()
    await open()
    expect(['a', 'b', 'c'].map(offsetOf)).toEqual([1, 2, undefined])
  })

  test('asks to be loaded before it answers', () => {
    const fresh = TaskState.open({ db, stores: [def], streamTimeMs: () => 0 }).store(def)
    expect(() => fresh.get('a')).toThrow(expect.objectContaining({ code: 'store-not-prefetched' }))
  })

  test('answers as a map would, whatever is put, committed, discarded and opened again', async () => {
    const id = fc.nat({ max: 12 }).map((n) => `id-${n}`)
    const op = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), id, lagMs: fc.nat({ max: 12 }) }) },
      { weight: 6, arbitrary: fc.record({ type: fc.constant('get' as const), id }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.nat({ max: 8 }) }) },
      { weight: 2, arbitrary: fc.constant({ type: 'commit' as const }) },
      { weight: 1, arbitrary: fc.constant({ type: 'discard' as const }) },
      { weight: 1, arbitrary: fc.constant({ type: 'reopen' as const }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 60 }), async (ops) => {
        db = await memoryEngine().open('state', columnsOf([def]))
        time = { nowMs: 100 }
        await open()
        let offset = 0
        let committed = new Map<string, { value: number; timestampMs: number }>()
        let live = new Map(committed)
        for (const step of ops) {
          if (step.type === 'put') {
            const timestampMs = time.nowMs - step.lagMs
            live.set(step.id, { value: offset, timestampMs })
            ids.put(step.id, offset++, timestampMs)
          } else if (step.type === 'get') {
            const known = live.get(step.id)
            expect(ids.get(step.id)).toEqual(
              known !== undefined && known.timestampMs >= time.nowMs - 10 ? known : undefined,
            )
          } else if (step.type === 'pass') time.nowMs += step.ms
          else if (step.type === 'commit') {
            await commit()
            committed = new Map(live)
          } else {
            if (step.type === 'discard') state.discard()
            else await open()
            live = new Map(committed)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})
