import { expect, test } from 'vitest'
import type { FeatureValues, WindowedAggregateDef } from '../../../src/operators/features/definition.ts'
import { windowedAggregate } from '../../../src/operators/features/windowed-aggregate.ts'
import { typedKey } from '../../../src/operators/sequence/typed-key.ts'
import type { Processor } from '../../../src/topology/operator.ts'
import { MemoryStores } from '../../support/memory-window-store.ts'

interface Card {
  readonly type: string
  readonly card?: string
  readonly amount?: number
}

const minute = 60_000
const amount = ({ value }: { readonly value: Card }) => value.amount

const spending: WindowedAggregateDef<Card> = {
  name: 'spending',
  contributes: ({ value }) => value.type === 'card',
  by: ({ value }) => typedKey(value.card),
  graceMs: 60 * minute,
  features: [
    { name: 'n', agg: 'count', fromMs: 10 * minute },
    { name: 'before', agg: 'count', fromMs: 10 * minute, include: 'prior' },
    { name: 'sum', agg: 'sum', value: amount, fromMs: 10 * minute },
    { name: 'older', agg: 'sum', value: amount, fromMs: 20 * minute, toMs: 10 * minute },
    { name: 'avg', agg: 'avg', value: amount, fromMs: 10 * minute, include: 'prior' },
  ],
}

function run(def: WindowedAggregateDef<Card>) {
  const operator = windowedAggregate(def)
  const stores = new MemoryStores()
  const counted: string[] = []
  let features: FeatureValues | undefined
  let streamTimeMs = -1
  let offset = 0
  const processor = operator.create({
    taskId: '0_0',
    partition: 0,
    streamTimeMs: () => streamTimeMs,
    store: (store) => stores.store(store),
    forward: ({ value }) => {
      features = value.features
    },
    forwardTo() {},
    advanceStreamTime() {},
    count: (name) => counted.push(name),
  }) as Processor<Card>
  const send = (timeMs: number, value: Card, key = 'k') => {
    const record = { key, value, timestampMs: timeMs, headers: {}, topic: 'main', partition: 0, offset: offset++ }
    features = undefined
    processor.prefetch!(record, stores.prefetch)
    streamTimeMs = Math.max(streamTimeMs, timeMs)
    processor.process(record)
    stores.endBatch(streamTimeMs)
    return features
  }
  return { send, stores, counted }
}

const card = (value: number, id = 'c'): Card => ({ type: 'card', card: id, amount: value })

test('an event finds its window filled by those before it, and by itself unless only prior ones count', () => {
  const { send } = run(spending)
  expect(send(0, card(0.1))).toEqual({ n: 1, before: 0, sum: 0.1, older: 0 })
  expect(send(1, card(0.2))).toEqual({ n: 2, before: 1, sum: 0.1 + 0.2, older: 0, avg: 0.1 })
})

test('both ends of a window are inclusive', () => {
  const { send } = run(spending)
  send(0, card(1))
  expect(send(10 * minute, card(2))).toMatchObject({ n: 2, sum: 3, older: 1 })
  expect(send(20 * minute, card(4))).toMatchObject({ n: 2, sum: 6, older: 3 })
  expect(send(20 * minute + 1, card(8))).toMatchObject({ n: 2, sum: 12, older: 2 })
})

test('an event one millisecond younger than the young end of a window is not in it', () => {
  const { send } = run(spending)
  send(0, card(1))
  send(10 * minute, card(2))
  expect(send(10 * minute - 1, card(4))).toMatchObject({ n: 2, sum: 5, older: 0 })
})

test('an event of another type reads at its own time and does not count', () => {
  const { send } = run(spending)
  send(0, card(1))
  expect(send(5, { type: 'withdrawal', card: 'c' })).toMatchObject({ n: 1, before: 1, sum: 1 })
  expect(send(6, { type: 'withdrawal' })).toEqual({})
})

test('keys and by-values are apart', () => {
  const { send } = run(spending)
  send(0, card(1))
  expect(send(1, card(1), 'other')).toMatchObject({ n: 1 })
  expect(send(1, card(1, 'd'))).toMatchObject({ n: 1 })
})

test('an event out of order does not see what comes after it in time', () => {
  const { send } = run(spending)
  send(0, card(1))
  send(5, card(2))
  expect(send(3, card(4))).toMatchObject({ n: 2, sum: 5 })
  expect(send(6, card(8))).toMatchObject({ n: 4, sum: 15 })
})

test('an event without the value counts where no value is asked', () => {
  const { send } = run(spending)
  expect(send(0, { type: 'card', card: 'c' })).toEqual({ n: 1, before: 0, sum: 0, older: 0 })
})

test('a sum that cancels is exact, and one that is not finite is absent', () => {
  const { send } = run(spending)
  send(0, card(1e100))
  send(1, card(1))
  expect(send(2, card(-1e100))).toMatchObject({ sum: 1 })
  expect(send(3, card(Number.POSITIVE_INFINITY))).not.toHaveProperty('sum')
  expect(send(10 * minute + 4, card(2))).toMatchObject({ sum: 2 })
})

test('drops events older than stream time less grace, and counts them', () => {
  const { send, counted } = run(spending)
  send(60 * minute + 1, card(1))
  expect(send(0, card(1))).toBeUndefined()
  expect(counted).toEqual(['late-records'])
})

test('keeps an event once for all its features, no longer than the widest window and grace', () => {
  const { send, stores } = run(spending)
  send(0, card(1))
  expect(stores.of('spending-events').size).toBe(1)
  send(80 * minute, card(1))
  expect(stores.of('spending-events').size).toBe(2)
  send(80 * minute + 1, card(1))
  expect(stores.of('spending-events').size).toBe(2)
})

test('a count of values counts the events that have one, and others are not kept where nothing counts them', () => {
  const { send, stores } = run({
    ...spending,
    features: [{ name: 'amounts', agg: 'count', value: amount, fromMs: 10 * minute }],
  })
  send(0, card(1))
  expect(send(1, { type: 'card', card: 'c' })).toEqual({ amounts: 1 })
  expect(stores.of('spending-events').size).toBe(1)
  expect(send(2, card(2))).toEqual({ amounts: 2 })
})

test('refuses a feature that contradicts itself, and says what to change', () => {
  const refused = (feature: WindowedAggregateDef<Card>['features'][number]) => () =>
    windowedAggregate({ ...spending, features: [feature] })
  expect(refused({ name: 'f', agg: 'sum', fromMs: 1 })).toThrow('feature f of spending: sum needs a value')
  expect(refused({ name: 'f', agg: 'count', fromMs: 1, toMs: 2 })).toThrow('fromMs >= toMs >= 0')
})
