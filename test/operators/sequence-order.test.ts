import { describe, expect, it } from 'vitest'
import { comparePositions, compareRecency } from '../../src/operators/sequence/order.ts'
import { sequenceRetentionMs } from '../../src/operators/sequence/stores.ts'

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
