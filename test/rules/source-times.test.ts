import { describe, expect, it } from 'vitest'
import { type SourceTime, SourceTimes } from '../../src/rules/operators/source-times.ts'

const after = { behindMs: 1_000, offsets: 10 }

/** A store that a test can look into. */
function stored() {
  const values = new Map<string, SourceTime>()
  return {
    get: (key: string) => values.get(key),
    put: (key: string, value: SourceTime) => void values.set(key, value),
    delete: (key: string) => void values.delete(key),
  }
}

const open = (partitions = 2, store = stored()) => {
  const times = new SourceTimes(store, partitions, after)
  return (partition: number, streamTimeMs: number, offset: number) =>
    times.note(partition, { streamTimeMs, offset }).lowestMs
}

describe('the time by which windows of global features forget', () => {
  it('is that of the partition that is furthest behind', () => {
    const note = open()
    note(0, 50, 0)
    expect(note(1, 500, 1)).toBe(50)
    expect(note(0, 90, 2)).toBe(90)
    expect(note(0, 80, 3)).toBe(90)
  })

  it('stands still until every partition was heard', () => {
    const note = open(3)
    expect(note(0, 50, 0)).toBe(-1)
    expect(note(1, 60, 1)).toBe(-1)
    expect(note(2, 70, 2)).toBe(50)
  })

  it('goes on without a partition that is both far behind and not heard for long', () => {
    const note = open()
    note(0, 1_000, 0)
    expect(note(1, 2_000, 11)).toBe(1_000)
    expect(note(1, 2_001, 10)).toBe(1_000)
    expect(note(1, 2_001, 11)).toBe(2_001)
  })

  it('goes on without one that was never heard, by the same measure', () => {
    const note = open()
    expect(note(0, 999, 10)).toBe(-1)
    expect(note(0, 1_000, 9)).toBe(-1)
    expect(note(0, 1_000, 10)).toBe(1_000)
  })

  it('is held back again by a partition that comes back', () => {
    const note = open()
    note(0, 1_000, 0)
    expect(note(1, 5_000, 20)).toBe(5_000)
    expect(note(0, 1_500, 21)).toBe(1_500)
  })

  it('is the same after a restart', () => {
    const store = stored()
    open(2, store)(0, 50, 0)
    open(2, store)(1, 500, 1)
    expect(open(2, store)(1, 600, 2)).toBe(50)
  })

  it('says beside it how far the furthest is', () => {
    const times = new SourceTimes(stored(), 2, after)
    times.note(0, { streamTimeMs: 700, offset: 0 })
    expect(times.note(1, { streamTimeMs: 300, offset: 1 })).toEqual({ lowestMs: 300, furthestMs: 700 })
  })
})
