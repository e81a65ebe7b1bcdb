import { describe, expect, it } from 'vitest'
import type { SequenceDef } from '../../src/operators/sequence/definition.ts'
import { evaluateSequence } from '../../src/operators/sequence/evaluator.ts'
import { comparePositions, compareRecency } from '../../src/operators/sequence/order.ts'
import { sequenceRetentionMs } from '../../src/operators/sequence/stores.ts'
import { jsonSerde } from '../support/json-serde.ts'
import { MemoryStores } from '../support/memory-window-store.ts'

const at = (timeMs: number, offset: number) => ({ timeMs, offset })

describe('the order of events', () => {
  it('is by time, and by offset at equal times', () => {
    const events = [at(5, 1), at(3, 9), at(5, 0), at(4, 2)]
    expect(events.toSorted(comparePositions)).toEqual([at(3, 9), at(4, 2), at(5, 0), at(5, 1)])
    expect(comparePositions(at(5, 1), at(5, 1))).toBe(0)
  })
})

describe('the more recent of two matches', () => {
  it('is the one that is later at the last step that differs', () => {
    const older = [at(9, 9), at(10, 2), at(20, 3)]
    const newer = [at(1, 1), at(11, 4), at(20, 3)]
    expect(compareRecency(newer, older)).toBeGreaterThan(0)
    expect(compareRecency(older, newer)).toBeLessThan(0)
  })

  it('is at equal times the one with the higher offset', () => {
    expect(compareRecency([at(1, 2)], [at(1, 1)])).toBeGreaterThan(0)
    expect(compareRecency([at(1, 2)], [at(1, 2)])).toBe(0)
  })
})

describe('a sequence', () => {
  const steps = ['a', 'b'].map((name) => ({ name, matches: () => true }))

  it('keeps events for within and grace, and as long again as a trailing not waits', () => {
    const def = { steps, withinMs: 10, graceMs: 100 }
    expect(sequenceRetentionMs(def)).toBe(110)
    expect(sequenceRetentionMs({ ...def, nots: [{ after: 'b', matches: () => true, forMs: 7 }] })).toBe(117)
    expect(sequenceRetentionMs({ ...def, nots: [{ after: 'a', matches: () => true, forMs: 7 }] })).toBe(110)
  })
})

/** Sends events one a batch; gives the offsets that each completed a match with, by step. */
function run(def: Pick<SequenceDef<string>, 'steps'> & Partial<SequenceDef<string>>) {
  const evaluator = evaluateSequence({ name: 's', withinMs: 10, graceMs: 100, serde: jsonSerde(), ...def })
  const stores = new MemoryStores()
  const task = evaluator.open(stores)
  let streamTimeMs = -1
  let nextOffset = 0
  return (timeMs: number, value = 'x', offset = nextOffset++) => {
    const event = { key: 'k', timeMs, offset, value }
    streamTimeMs = Math.max(streamTimeMs, timeMs)
    evaluator.prefetch(event, stores.prefetch)
    const { match } = task.process(event, streamTimeMs)
    stores.endBatch(streamTimeMs)
    return match?.steps.map((step) => step.event.offset)
  }
}

describe('steps in any order', () => {
  const any = (...names: string[]) => names.map((name) => ({ name, matches: () => true }))

  it('are exactly within apart at most, either way round', () => {
    for (const [first, second, isMatch] of [
      [0, 10, true],
      [10, 0, true],
      [0, 11, false],
      [11, 0, false],
    ] as const) {
      const send = run({ steps: any('a', 'b'), anyOrder: true })
      send(first)
      expect(send(second) !== undefined, `${first}, then ${second}`).toBe(isMatch)
    }
  })

  it('are filled by an event each', () => {
    const send = run({ steps: any('a', 'b', 'c'), anyOrder: true })
    expect(send(0)).toBeUndefined()
    expect(send(1)).toBeUndefined()
    expect(send(2)?.toSorted()).toEqual([0, 1, 2])
  })
})

describe('an event that is processed again after a crash', () => {
  it('does not know the later steps that came after it', () => {
    const steps = ['login', 'card'].map((name) => ({ name, matches: ({ value }: { value: string }) => value === name }))
    const send = run({ steps })
    send(5, 'other')
    expect(send(1, 'login', 1)).toBeUndefined()
    expect(send(3, 'card', 2)).toEqual([1, 2])
    expect(send(1, 'login', 1)).toBeUndefined()
  })
})

describe('an equality between two steps', () => {
  it('holds also when the event that completes the match has no part in it', () => {
    const first = { field: 'first', read: (value: string) => value[0] }
    const send = run({
      steps: [
        { name: 'a', matches: ({ value }) => value.endsWith('a'), index: { first } },
        { name: 'b', matches: ({ value }) => value.endsWith('b'), index: { first } },
        { name: 'c', matches: ({ value }) => value.endsWith('c') },
      ],
    })
    send(0, '1a')
    send(1, '2b')
    expect(send(2, '9c')).toBeUndefined()
    send(3, '1b')
    expect(send(4, '9c')).toEqual([0, 3, 4])
  })
})
