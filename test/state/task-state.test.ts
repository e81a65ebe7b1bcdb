import { beforeEach, describe, expect, test } from 'vitest'
import type { Entry } from '../../src/state/engine.ts'
import { windowOffsetOf, windowTimeOf } from '../../src/state/keys.ts'
import { TaskState } from '../../src/state/task-state.ts'
import { eachLoggedRow } from '../../src/state/window-page.ts'
import { loggedKey } from '../../src/state/window-segments.ts'
import { allStores, amounts, contentOf, names, openFixture, seen, withMethods } from './state-fixture.ts'

let at: Awaited<ReturnType<typeof openFixture>>

beforeEach(async () => {
  at = await openFixture()
})

const text = (bytes: Buffer | null) => bytes?.toString() ?? null
const fetched = (key: string, fromMs: number, toMs: number) =>
  [...at.amounts.fetch(key, fromMs, toMs)].map(({ timeMs, offset, value }) => [timeMs, offset, value])
const put = (key: string, timeMs: number, offset: number, value: number) =>
  at.amounts.put(key, { timeMs, offset, value })

describe('the buffer', () => {
  test('answers with what was written before, and writes nothing to the database', async () => {
    at.names.put('x', { name: 'one' })
    at.names.put('x', { name: 'two' })
    at.names.put('y', { name: 'three' })
    at.names.delete('y')
    expect([at.names.get('x'), at.names.get('y')]).toEqual([{ name: 'two' }, undefined])
    expect(await contentOf(at.db, 'names')).toEqual([])
  })

  test('drains one change a key, in the order in which keys were first changed, across stores', () => {
    at.names.put('b', { name: '1' })
    at.seen.put('s', 'x', 1)
    at.names.put('a', { name: '2' })
    at.names.put('b', { name: '3' })
    at.names.delete('c')
    put('w', 5, 1, 1)
    put('w', 5, 1, 2)
    const drained = at.state.drain()
    const { changelog } = drained
    const changes = drained.changes()
    expect(changelog.map(({ store }) => store)).toEqual(['names', 'seen', 'names', 'names', 'amounts'])
    expect(
      changelog.filter(({ store }) => store === 'names').map(({ key, value }) => [text(key), text(value)]),
    ).toEqual([
      ['b', '{"name":"3"}'],
      ['a', '{"name":"2"}'],
      ['c', null],
    ])
    const keyed = changes.filter(({ column }) => column !== 'amounts')
    expect(keyed.map(({ column, key, value }) => [column, key, value])).toEqual(
      changelog.slice(0, 4).map(({ store, key, value }) => [store, key, value]),
    )
    const logged: Entry[] = []
    eachLoggedRow({ key: changelog[4]!.key, value: changelog[4]!.value! }, (row) => logged.push(row))
    expect(changes.slice(4).map(({ key, value }) => [loggedKey(key), value])).toEqual(
      logged.map(({ key, value }) => [key, value]),
    )
    expect(logged.map(({ key }) => [windowTimeOf(key), windowOffsetOf(key)])).toEqual([
      [5, 1],
      [5, 1],
    ])
  })

  test('writes once what several put for the same record', async () => {
    const rows = at.amounts.at('w')
    rows.put({ timeMs: 5, offset: 1, value: 1 })
    put('v', 5, 1, 1)
    put('w', 5, 1, 1)
    put('w', 5, 2, 1)
    put('w', 5, 1, 3)
    put('w', 6, 1, 3)
    const written = at.state.drain().changes()
    expect(written).toHaveLength(5)
    await at.load('w', 0, 9)
    expect(fetched('w', 0, 9)).toEqual([
      [5, 1, 3],
      [5, 2, 1],
      [6, 1, 3],
    ])
    put('w', 6, 1, 3)
    expect(at.state.drain().changes(), 'in the next batch').toHaveLength(1)
  })

  test('keeps what a value was when it was put, whatever becomes of the object', async () => {
    const value = { name: 'as put' }
    at.names.put('x', value)
    value.name = 'changed'
    expect(at.names.get('x')).toEqual({ name: 'as put' })
    await at.commit()
    value.name = 'changed again'
    expect(at.names.get('x')).toEqual({ name: 'as put' })
  })

  test('is seen by the next batch while it is on its way, and after', async () => {
    at.names.put('x', { name: 'one' })
    put('w', 1, 1, 1.5)
    const changes = at.state.drain().changes()
    at.state.prefetcher().get(names, 'x')
    await at.load('w', 0, 9)
    expect(at.names.get('x')).toEqual({ name: 'one' })
    put('w', 2, 2, 2.5)
    expect(fetched('w', 0, 9)).toEqual([
      [1, 1, 1.5],
      [2, 2, 2.5],
    ])
    await at.db.write(changes)
    at.state.applied()
    expect(at.names.get('x')).toEqual({ name: 'one' })
    expect(fetched('w', 0, 9)).toHaveLength(2)
    expect(at.state.drain().changelog).toHaveLength(1)
  })

  test('gives a key out that is the same rows, whenever it was looked up', async () => {
    const early = [at.amounts.at('w'), at.amounts.at('w')]
    put('w', 1, 1, 1)
    const asked = at.state.prefetcher().fetch(amounts, 'w', 0, 5)
    await at.state.prefetch()
    asked.put({ timeMs: 2, offset: 2, value: 2 })
    asked.ask(0, 9)
    await at.state.prefetch()
    for (const [n, rows] of early.entries()) rows.put({ timeMs: 3, offset: 3 + n, value: 3 })
    for (const rows of [...early, asked, at.amounts.at('w')])
      expect([...rows.fetch(0, 9)].map(({ offset }) => offset)).toEqual([1, 2, 3, 4])
    expect([...asked.backwardFetch(0, 9)].map(({ offset }) => offset)).toEqual([4, 3, 2, 1])
    expect(fetched('w', 0, 9)).toHaveLength(4)
  })

  test('knows a key that was looked up before everything of it was forgotten', async () => {
    const rows = at.amounts.at('w')
    rows.put({ timeMs: 1, offset: 1, value: 1 })
    at.state.discard()
    for (const key of ['v', 'w']) await at.load(key, 0, 9)
    put('v', 1, 1, 1)
    expect([...rows.fetch(0, 9)]).toEqual([])
    rows.put({ timeMs: 2, offset: 2, value: 2 })
    expect(fetched('w', 0, 9)).toEqual([[2, 2, 2]])
    expect(() => at.amounts.at('u').fetch(0, 9)).toThrow('not asked for')
  })

  test('does not change what is on its way', async () => {
    at.names.put('x', { name: 'one' })
    put('w', 1, 1, 1)
    const changes = at.state.drain().changes()
    const before = changes.map(({ value }) => text(value))
    await at.load('w', 0, 9)
    at.names.put('x', { name: 'two' })
    put('w', 1, 1, 2)
    expect(changes.map(({ value }) => text(value))).toEqual(before)
    expect(fetched('w', 0, 9)).toEqual([[1, 1, 2]])
    at.state.applied()
    expect(at.state.drain().changes()).toHaveLength(2)
  })

  test('is forgotten by discard, together with what is on its way', async () => {
    at.names.put('x', { name: 'kept' })
    await at.commit()
    at.names.put('x', { name: 'on its way' })
    put('w', 1, 1, 1)
    at.state.drain()
    at.names.put('x', { name: 'buffered' })
    at.state.discard()
    await at.load('w', 0, 9)
    expect(at.names.get('x')).toEqual({ name: 'kept' })
    expect(fetched('w', 0, 9)).toEqual([])
    expect(at.state.drain().isEmpty).toBe(true)
  })

  test('is seen however many batches are on their way, and goes as each of them comes to the database', async () => {
    for (const offset of [1, 2, 3]) {
      at.names.put('x', { name: `${offset}` })
      put('w', offset, offset, offset)
      at.state.drain()
      expect(at.state.drain().isEmpty).toBe(true)
    }
    for (const _ of [1, 2, 3]) {
      await at.load('w', 0, 9)
      expect(fetched('w', 0, 9)).toHaveLength(3)
      expect(at.names.get('x')).toEqual({ name: '3' })
      at.state.applied()
    }
  })
})

describe('a prefetch', () => {
  test('reads once a column, each key once, and serves everything from memory', async () => {
    at.names.put('x', { name: '1' })
    at.seen.put('s', 'y', 1)
    put('w', 1, 1, 1)
    await at.commit()
    const reads: unknown[] = []
    const counting = withMethods(at.db, {
      getMany(column, keys) {
        reads.push([column, keys.map(String)])
        return at.db.getMany(column, keys)
      },
      getRanges(column, ranges) {
        reads.push([column, ranges.length])
        return at.db.getRanges(column, ranges)
      },
      getSync() {
        throw new Error('a read of its own')
      },
    })
    const state = TaskState.open({ db: counting, stores: allStores, streamTimeMs: () => 0 })
    const ask = state.prefetcher()
    const askForAll = async () => {
      for (const key of ['x', 'none', 'x']) ask.get(names, key)
      for (const key of ['s', 'none']) ask.get(seen, key)
      ask.fetch(amounts, 'w', 0, 2)
      ask.fetch(amounts, 'w', 4, 6)
      ask.fetch(amounts, 'v', 0, 2)
      await state.prefetch()
    }
    await state.prefetch()
    reads.length = 0
    await askForAll()
    await askForAll()
    // Of stores that forget, it is known by then which keys are not there.
    expect(reads).toEqual([
      ['names', ['x', 'none']],
      ['seen', ['s']],
      ['amounts', 1],
    ])
    expect(state.store(seen).get('s')?.value).toBe('y')
    expect([state.store(names).get('x'), state.store(names).get('none')]).toEqual([{ name: '1' }, undefined])
    expect([...state.store(amounts).fetch('w', 0, 6)]).toEqual([{ timeMs: 1, offset: 1, value: 1 }])
  })

  test('reads on the spot what nobody asked for, where there is one value a key', async () => {
    at.names.put('x', { name: '1' })
    await at.commit()
    expect(at.names.get('x')).toEqual({ name: '1' })
  })

  test('of spans with a gap in between loads the gap as well', async () => {
    for (const n of [1, 4, 7]) put('w', n, n, n)
    await at.commit()
    await at.load('w', 0, 2)
    await at.load('w', 6, 8)
    expect(fetched('w', 0, 8)).toHaveLength(3)
  })

  test('that was on its way when the batch was discarded brings nothing back', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = withMethods(at.db, {
      async getRanges(column, ranges) {
        const entries = await at.db.getRanges(column, ranges)
        await gate.promise
        return entries
      },
    })
    const state = TaskState.open({ db: slow, stores: allStores, streamTimeMs: () => 0 })
    state.store(amounts).put('w', { timeMs: 1, offset: 1, value: 1 })
    state.drain()
    state.prefetcher().fetch(amounts, 'w', 0, 9)
    const prefetched = state.prefetch()
    state.discard()
    gate.resolve()
    await prefetched
    state.prefetcher().fetch(amounts, 'w', 0, 9)
    await state.prefetch()
    expect([...state.store(amounts).fetch('w', 0, 9)]).toEqual([])
  })

  test('that began before a write landed and ended after it has that write', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = withMethods(at.db, {
      async getMany(column, keys) {
        const values = await at.db.getMany(column, keys)
        await gate.promise
        return values
      },
      async getRanges(column, ranges) {
        const entries = await at.db.getRanges(column, ranges)
        await gate.promise
        return entries
      },
    })
    const state = TaskState.open({ db: slow, stores: allStores, streamTimeMs: () => 0 })
    state.store(names).put('x', { name: 'new' })
    state.store(amounts).put('w', { timeMs: 1, offset: 1, value: 1 })
    const changes = state.drain().changes()
    state.prefetcher().get(names, 'x')
    state.prefetcher().fetch(amounts, 'w', 0, 9)
    const prefetched = state.prefetch()
    await at.db.write(changes)
    state.applied()
    gate.resolve()
    await prefetched
    expect(state.store(names).get('x')).toEqual({ name: 'new' })
    expect([...state.store(amounts).fetch('w', 0, 9)]).toHaveLength(1)
  })
})

describe('a window store', () => {
  test('gives entries by time, then offset, both bounds inclusive, either way round', async () => {
    await at.load('w', -5, 9)
    for (const [timeMs, offset] of [
      [3, 1],
      [1, 9],
      [3, 0],
      [-2, 4],
      [1, 2],
    ] as const)
      put('w', timeMs, offset, offset)
    expect(fetched('w', -5, 9).map(([timeMs, offset]) => [timeMs, offset])).toEqual([
      [-2, 4],
      [1, 2],
      [1, 9],
      [3, 0],
      [3, 1],
    ])
    expect(fetched('w', 1, 2).map(([, offset]) => offset)).toEqual([2, 9])
    expect([...at.amounts.backwardFetch('w', 1, 3)].map(({ offset }) => offset)).toEqual([1, 0, 9, 2])
    expect(fetched('w', 4, 1)).toEqual([])
  })

  test('refuses at once to fetch what was not asked for, also of a key that was put', async () => {
    put('w', 1, 1, 1)
    const refused = expect.objectContaining({ name: 'StateStoreError', code: 'store-not-prefetched' })
    expect(() => at.amounts.fetch('w', 0, 5)).toThrow(refused)
    await at.load('w', 0, 5)
    expect(fetched('w', 0, 5)).toEqual([[1, 1, 1]])
    expect(() => at.amounts.backwardFetch('w', 0, 6)).toThrow(refused)
    expect(() => at.amounts.fetch('v', 0, 5)).toThrow(refused)
  })

  test('hides entries past their retention, of the database and of the buffer', async () => {
    put('w', 0, 1, 1)
    put('w', 5, 2, 2)
    await at.commit()
    await at.load('w', -100, 20)
    put('w', 1, 3, 3)
    at.time.nowMs = 10
    expect(fetched('w', -100, 20).map(([timeMs]) => timeMs)).toEqual([0, 1, 5])
    at.time.nowMs = 11
    expect(fetched('w', -100, 20).map(([timeMs]) => timeMs)).toEqual([1, 5])
    at.time.nowMs = 16
    expect(fetched('w', -100, 20)).toEqual([])
    expect(fetched('w', -100, 2)).toEqual([])
  })

  test('is not disturbed by puts while somebody iterates', async () => {
    await at.load('w', 0, 9)
    for (const n of [1, 3, 5]) put('w', n, n, n)
    const met: number[] = []
    for (const { value } of at.amounts.fetch('w', 0, 9)) {
      met.push(value)
      put('w', 0, value, 100)
      put('w', 9, value, 100)
    }
    expect(met).toEqual([1, 3, 5])
  })

  test('keeps keys apart that start alike', async () => {
    for (const key of ['a', 'ab', '', 'a\0']) put(key, 1, 1, key.length)
    await at.commit()
    for (const key of ['a', 'ab', '', 'a\0']) {
      await at.load(key, 0, 9)
      expect(fetched(key, 0, 9)).toEqual([[1, 1, key.length]])
    }
  })
})

describe('a timestamped store', () => {
  test('gives value and time until stream time has passed the time by more than the retention', async () => {
    at.seen.put('x', 'value', 5)
    await at.commit()
    at.time.nowMs = 15
    expect(at.seen.get('x')).toEqual({ value: 'value', timestampMs: 5 })
    at.time.nowMs = 16
    expect(at.seen.get('x')).toBeUndefined()
  })
})

test('two keys that UTF-8 cannot tell apart are one key, in the buffer as in the database', async () => {
  at.names.put('a\ud800', { name: '1' })
  expect(at.names.get('a\udfff')).toEqual({ name: '1' })
  await at.commit()
  expect(at.names.get('a\udfff')).toEqual({ name: '1' })
})

test('a store that the task was not opened with is refused, and so are names that are taken', () => {
  const other = { ...names, name: 'other' }
  expect(() => at.state.store(other)).toThrow(expect.objectContaining({ code: 'store-unavailable' }))
  expect(() => at.state.prefetcher().get(other, 'x')).toThrow(expect.objectContaining({ code: 'store-unavailable' }))
  const open = (name: string) =>
    TaskState.open({ db: at.db, stores: [...allStores, { ...names, name }], streamTimeMs: () => 0 })
  expect(() => open('names')).toThrow(expect.objectContaining({ code: 'topology-invalid' }))
  expect(() => open('system')).toThrow(expect.objectContaining({ code: 'topology-invalid' }))
})
