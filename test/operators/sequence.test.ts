import { expect, test } from 'vitest'
import type { NotDef, SequenceDef, SequenceMatch } from '../../src/operators/sequence/definition.ts'
import { sequence } from '../../src/operators/sequence/sequence.ts'
import { typedKey } from '../../src/operators/sequence/typed-key.ts'
import type { StreamRecord } from '../../src/topology/operator.ts'
import { jsonSerde } from '../support/json-serde.ts'
import { MemoryStores } from '../support/memory-window-store.ts'

interface Card {
  readonly type: string
  readonly card?: string
  readonly outlet?: string
}

const minute = 60_000

const twoOutlets: SequenceDef<Card> = {
  name: 'two-outlets',
  steps: [
    { name: 'a', matches: ({ value }) => value.type === 'card' },
    {
      name: 'b',
      matches: ({ value }) => value.type === 'card',
      where: [{ reads: ['a'], test: (own, { a }) => own.value.outlet !== a!.value.outlet }],
    },
  ],
  by: ({ value }) => typedKey(value.card),
  withinMs: 10 * minute,
  graceMs: 60 * minute,
  serde: jsonSerde(),
}

/** Runs an operator by hand, one record a batch. */
function run<E>(def: SequenceDef<E>) {
  const operator = sequence(def)
  const stores = new MemoryStores()
  const matches: SequenceMatch<E>[] = []
  const counted: string[] = []
  let streamTimeMs = -1
  let nextOffset = 0
  const created = operator.create({
    taskId: '0_0',
    partition: 0,
    streamTimeMs: () => streamTimeMs,
    store: (store) => stores.store(store),
    forward: (record) => matches.push(record.value),
    forwardTo() {},
    advanceStreamTime() {},
    count: (name) => counted.push(name),
  })
  const process = typeof created === 'function' ? created : created.process
  const send = (timeMs: number, value: E, { key = 'k', offset = nextOffset++ } = {}) => {
    const record: StreamRecord<E> = {
      key,
      value,
      timestampMs: timeMs,
      headers: {},
      topic: 'main',
      partition: 0,
      offset,
    }
    matches.length = 0
    operator.prefetch?.(record, stores.prefetch)
    streamTimeMs = Math.max(streamTimeMs, timeMs)
    process(record)
    stores.endBatch(streamTimeMs)
    return matches.map(({ steps, arriving, truncated }) => ({
      steps: Object.fromEntries(steps.map(({ name, event }) => [name, event.offset])),
      arriving,
      truncated,
    }))
  }
  return { send, stores, counted }
}

const card = (outlet: string, id = 'c'): Card => ({ type: 'card', card: id, outlet })

test('fires for the arriving event with the most recent match', () => {
  const { send } = run(twoOutlets)
  expect(send(0, card('A'))).toEqual([])
  expect(send(1, card('A'))).toEqual([])
  expect(send(2, card('B'))).toEqual([{ steps: { a: 1, b: 2 }, arriving: 'b', truncated: false }])
})

test('within is inclusive', () => {
  const { send } = run(twoOutlets)
  send(0, card('A'))
  expect(send(10 * minute, card('B'))).toHaveLength(1)
  expect(send(20 * minute + 1, card('A'))).toEqual([])
})

test('keeps record keys and by-values apart', () => {
  const { send } = run(twoOutlets)
  send(0, card('A'))
  expect(send(1, card('B'), { key: 'other' })).toEqual([])
  expect(send(2, card('B', 'other'))).toEqual([])
})

test('an event without its by fills no step', () => {
  const { send, stores } = run(twoOutlets)
  send(0, { type: 'card', outlet: 'A' })
  expect(send(1, { type: 'card', outlet: 'B' })).toEqual([])
  expect(stores.of('two-outlets-events').size).toBe(0)
})

test('an event that comes out of order completes a match as an earlier step', () => {
  const { send } = run(twoOutlets)
  send(5 * minute, card('B'))
  expect(send(3 * minute, card('A'))).toEqual([{ steps: { a: 1, b: 0 }, arriving: 'a', truncated: false }])
})

test('at equal times the earlier step has the lower offset', () => {
  const { send } = run(twoOutlets)
  send(7, card('A'))
  expect(send(7, card('B'))).toEqual([{ steps: { a: 0, b: 1 }, arriving: 'b', truncated: false }])
})

test('drops events older than stream time less grace, and counts them', () => {
  const { send, counted } = run(twoOutlets)
  send(60 * minute, card('A'))
  send(0, card('B'))
  expect(send(60 * minute + 1, card('B'))).toHaveLength(1)
  expect(counted).toEqual([])
  expect(send(0, card('B'))).toEqual([])
  expect(counted).toEqual(['late-records'])
})

test('an event processed again finds the same match, not itself and not what followed it', () => {
  const { send } = run(twoOutlets)
  send(0, card('A'))
  const first = send(1, card('B'), { offset: 1 })
  send(1, card('C'), { offset: 2 })
  expect(send(1, card('B'), { offset: 1 })).toEqual(first)
})

test('an event that fits no step is neither read nor kept', () => {
  const { send, stores } = run(twoOutlets)
  send(0, { type: 'login', card: 'c' })
  expect(stores.of('two-outlets-events')).toMatchObject({ size: 0, reads: 0 })
})

test('looks at no more than maxCandidates events, the newest, and says so', () => {
  const { send, stores } = run({ ...twoOutlets, maxCandidates: 3 })
  send(0, card('B'))
  for (let time = 1; time <= 50; time++) send(time, card('A'))
  const before = stores.of('two-outlets-events').reads
  expect(send(60, card('A'))).toEqual([])
  expect(stores.of('two-outlets-events').reads - before).toBeLessThanOrEqual(4)
  expect(send(61, card('B'))).toEqual([{ steps: { a: 51, b: 52 }, arriving: 'b', truncated: false }])
})

test('an index finds the one event that agrees, however many do not', () => {
  const outlet = { field: 'outlet', read: (value: Card) => typedKey(value.outlet) }
  const { send, stores } = run<Card>({
    ...twoOutlets,
    maxCandidates: 1,
    steps: [
      { name: 'a', matches: () => true, index: { outlet } },
      { name: 'b', matches: () => true, index: { outlet } },
    ],
  })
  send(0, card('A'))
  for (let time = 1; time <= 50; time++) send(time, card(`B${time}`))
  const before = stores.of('two-outlets-events').reads
  expect(send(60, card('A'))).toEqual([{ steps: { a: 0, b: 51 }, arriving: 'b', truncated: false }])
  expect(stores.of('two-outlets-events').reads - before).toBe(1)
})

test('keeps an event once for steps that share a slot', () => {
  const [a, b] = twoOutlets.steps
  const { send, stores } = run({
    ...twoOutlets,
    steps: [
      { ...a!, slot: 'card' },
      { ...b!, slot: 'card' },
    ],
  })
  send(0, card('A'))
  expect(send(1, card('B'))).toHaveLength(1)
  expect(stores.of('two-outlets-events').size).toBe(2)
})

test('forgets what is older than within and grace', () => {
  const { send, stores } = run(twoOutlets)
  send(0, card('A'))
  send(70 * minute, card('A', 'other'))
  expect(stores.of('two-outlets-events').size).toBe(4)
  send(70 * minute + 1, card('A', 'other'))
  expect(stores.of('two-outlets-events').size).toBe(4)
})

test('refuses a definition that contradicts itself, and says what to change', () => {
  const [a] = twoOutlets.steps
  expect(() => sequence({ ...twoOutlets, steps: [a!, a!] })).toThrow(
    'sequence two-outlets: two steps have the same name; rename one',
  )
  expect(() => sequence({ ...twoOutlets, nots: [{ after: 'x', matches: () => true }] })).toThrow(
    'a not follows x, which is no step',
  )
})

test('an event processed again may look as far back as the first time', () => {
  const { send } = run({ ...twoOutlets, maxCandidates: 1 })
  send(0, card('B'))
  send(1, card('A'))
  send(2, card('A'), { offset: 2 })
  expect(send(2, card('A'), { offset: 2 })).toEqual([])
})

const noConfirmation = (not: Partial<NotDef<Card>> = {}): SequenceDef<Card> => ({
  ...twoOutlets,
  steps: ['login', 'withdrawal'].map((name) => ({ name, matches: ({ value }) => value.type === name })),
  nots: [{ after: 'login', matches: ({ value }) => value.type === 'confirmed', ...not }],
})

const event = (type: string): Card => ({ type, card: 'c' })

test('a not between two steps holds after the first and up to the second, inclusive', () => {
  const { send } = run(noConfirmation())
  send(0, event('confirmed'))
  send(0, event('login'))
  expect(send(5, event('withdrawal'))).toHaveLength(1)
  send(10, event('confirmed'))
  expect(send(10, event('withdrawal'))).toEqual([])
})

test('a not with a time keeps the next step at that distance', () => {
  const { send } = run(noConfirmation({ forMs: 5 }))
  send(0, event('login'))
  expect(send(4, event('withdrawal'))).toEqual([])
  expect(send(5, event('withdrawal'))).toHaveLength(1)
  send(6, event('confirmed'))
  expect(send(7, event('withdrawal'))).toHaveLength(1)
  send(5, event('confirmed'))
  expect(send(8, event('withdrawal'))).toEqual([])
})

test('the event of a step is not its own not', () => {
  const { send } = run(noConfirmation({ matches: ({ value }) => value.type === 'withdrawal' }))
  send(0, event('login'))
  expect(send(1, event('withdrawal'))).toHaveLength(1)
  expect(send(2, event('withdrawal'))).toEqual([])
})

test('in any order, steps match before and after each other but no event fills two', () => {
  const { send } = run({ ...noConfirmation(), nots: [], anyOrder: true })
  send(0, event('withdrawal'))
  expect(send(3, event('login'))).toEqual([{ steps: { login: 1, withdrawal: 0 }, arriving: 'login', truncated: false }])
  const twice = run({ ...twoOutlets, anyOrder: true })
  expect(twice.send(0, card('A'))).toEqual([])
})

test('equalities in a chain are looked up by any of their events', () => {
  const outlet = { field: 'outlet', read: (value: Card) => typedKey(value.outlet) }
  const { send, stores } = run<Card>({
    ...twoOutlets,
    steps: [
      { name: 'a', matches: ({ value }) => value.type === 'a', index: { ab: outlet } },
      { name: 'b', matches: ({ value }) => value.type === 'b', index: { ab: outlet, bc: outlet } },
      { name: 'c', matches: ({ value }) => value.type === 'c', index: { bc: outlet } },
    ],
  })
  for (let time = 0; time < 50; time++) send(time, { type: time % 2 ? 'b' : 'a', card: 'c', outlet: `${time >> 1}` })
  const before = stores.of('two-outlets-events').reads
  expect(send(50, { type: 'c', card: 'c', outlet: '7' })).toEqual([
    { steps: { a: 14, b: 15, c: 50 }, arriving: 'c', truncated: false },
  ])
  expect(stores.of('two-outlets-events').reads - before).toBe(2)
})

test('three steps whose conditions never hold together stop at a bound', () => {
  let tests = 0
  const never = { reads: ['a'], test: () => ++tests < 0 }
  const any = () => true
  const { send } = run<Card>({
    ...twoOutlets,
    maxCandidates: 20,
    steps: [
      { name: 'a', matches: any },
      { name: 'b', matches: any, where: [never] },
      { name: 'c', matches: any },
      { name: 'd', matches: any },
    ],
  })
  for (let time = 0; time < 200; time++) send(time, card('A'))
  tests = 0
  send(200, card('A'))
  expect(tests).toBeLessThanOrEqual(20 * 100)
})
