import { expect, test } from 'vitest'
import type { SequenceDef, SequenceMatch } from '../../src/operators/sequence/definition.ts'
import { evaluateSequence } from '../../src/operators/sequence/evaluator.ts'
import { sequence } from '../../src/operators/sequence/sequence.ts'
import { waitingSerde } from '../../src/operators/sequence/waiting-serde.ts'
import type { Processor, StreamRecord } from '../../src/topology/operator.ts'
import { jsonSerde } from '../support/json-serde.ts'
import { MemoryStores } from '../support/memory-window-store.ts'

const unanswered: SequenceDef<string> = {
  name: 'unanswered',
  steps: ['ask', 'remind'].map((name) => ({ name, matches: ({ value }) => value === name })),
  nots: [{ after: 'remind', matches: ({ value }) => value === 'answer', forMs: 10 }],
  withinMs: 20,
  graceMs: 100,
  serde: jsonSerde(),
}

/** One record a batch; `tick` only moves stream time. Gives what fired: offsets by step, the due time and the key. */
function run(def: SequenceDef<string>) {
  const evaluator = evaluateSequence(def)
  const stores = new MemoryStores()
  const task = evaluator.open(stores)
  let fromMs = -1
  let nextOffset = 0
  return (timeMs: number, value: string, key = 'k') => {
    const event = { key, timeMs, offset: nextOffset++, value }
    const toMs = Math.max(fromMs, timeMs)
    if (value !== 'tick') evaluator.prefetch(event, stores.prefetch)
    for (const round of [1, 2] as const) evaluator.prefetchPunctuate({ fromMs, toMs, round }, stores, stores.prefetch)
    if (value !== 'tick') expect(task.process(event, toMs).match).toBeUndefined()
    const fired = task.advance({ fromMs, toMs, offset: event.offset })
    fromMs = toMs
    stores.endBatch(toMs)
    return fired.map((match) => ({
      steps: match.steps.map((step) => step.event.offset),
      dueMs: match.dueMs,
      key: match.event.key,
    }))
  }
}

test('fires when stream time first exceeds the due time, once', () => {
  const send = run(unanswered)
  send(0, 'ask')
  send(5, 'remind')
  expect(send(15, 'tick')).toEqual([])
  expect(send(16, 'tick')).toEqual([{ steps: [0, 1], dueMs: 15, key: 'k' }])
  expect(send(17, 'tick')).toEqual([])
})

test('the awaited event prevents it, up to the due time and also out of order', () => {
  const send = run(unanswered)
  send(0, 'ask')
  send(5, 'remind')
  send(12, 'tick')
  send(11, 'answer')
  expect(send(100, 'tick')).toEqual([])
})

test('an event that comes when stream time is at its due time still waits for the awaited one', () => {
  const send = run(unanswered)
  send(0, 'ask')
  send(15, 'tick')
  expect(send(5, 'remind')).toEqual([])
  expect(send(15, 'answer')).toEqual([])
  expect(send(16, 'tick')).toEqual([])
})

test('an event after the due time is too late to prevent it', () => {
  const send = run(unanswered)
  send(0, 'ask')
  send(5, 'remind')
  expect(send(16, 'answer')).toHaveLength(1)
})

test('a match completed after its due time fires at the record that completed it, and only then', () => {
  const send = run(unanswered)
  send(5, 'remind')
  expect(send(50, 'tick')).toEqual([])
  expect(send(0, 'ask')).toEqual([{ steps: [2, 0], dueMs: 15, key: 'k' }])
  expect(send(1, 'ask')).toEqual([])
})

test('several that are due at one record come by due time, then offset', () => {
  const send = run(unanswered)
  send(0, 'ask', 'b')
  send(0, 'ask', 'a')
  send(6, 'remind', 'b')
  send(5, 'remind', 'a')
  send(6, 'remind', 'a')
  expect(send(1_000, 'tick').map(({ steps }) => steps)).toEqual([
    [1, 3],
    [0, 2],
    [1, 4],
  ])
})

test('a single step may wait, too', () => {
  const send = run({ ...unanswered, steps: unanswered.steps.slice(1) })
  send(5, 'remind')
  expect(send(16, 'tick')).toEqual([{ steps: [0], dueMs: 15, key: 'k' }])
})

test('what waits survives its serde, and damaged bytes are refused', () => {
  const serde = waitingSerde(jsonSerde<string>())
  for (const waiting of [
    { key: 'kß', value: 'v' },
    { key: '', value: '', firedAt: 2 ** 40 },
  ]) {
    expect(serde.deserialize(serde.serialize(waiting))).toEqual(waiting)
  }
  expect(() => serde.deserialize(serde.serialize({ key: 'long', value: '' }).subarray(0, 13))).toThrow('cut short')
})

test('as an operator it forwards the match as a record of its last event', () => {
  const operator = sequence(unanswered)
  const stores = new MemoryStores()
  const forwarded: StreamRecord<SequenceMatch<string>>[] = []
  let streamTimeMs = -1
  const processor = operator.create({
    taskId: '0_0',
    partition: 3,
    streamTimeMs: () => streamTimeMs,
    store: (store) => stores.store(store),
    forward: (record) => forwarded.push(record),
    forwardTo() {},
    advanceStreamTime() {},
    count() {},
  }) as Required<Processor<string>>
  for (const [offset, [timestampMs, value]] of (
    [
      [0, 'ask'],
      [5, 'remind'],
      [16, 'other'],
    ] as const
  ).entries()) {
    const record = { key: 'k', value, timestampMs, headers: {}, topic: 'main', partition: 3, offset }
    operator.prefetch!(record, stores.prefetch)
    for (const round of [1, 2] as const) {
      processor.prefetchPunctuate({ fromMs: streamTimeMs, toMs: timestampMs, round }, stores.prefetch)
    }
    const fromMs = streamTimeMs
    streamTimeMs = timestampMs
    processor.process(record)
    processor.punctuate({ fromMs, toMs: timestampMs, offset })
    stores.endBatch(streamTimeMs)
  }
  expect(forwarded).toMatchObject([
    { key: 'k', timestampMs: 5, offset: 1, partition: 3, value: { arriving: 'remind' } },
  ])
})
