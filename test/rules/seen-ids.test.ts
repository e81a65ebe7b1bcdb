import { describe, expect, it } from 'vitest'
import { idKey, isDuplicate } from '../../src/rules/operators/seen-ids.ts'
import type { TimestampedStore } from '../../src/state/stores.ts'

/** The id `x` was applied at offset 5, at time 100. */
const seen: TimestampedStore<number> = {
  get: (key) => (key === 'x' ? { value: 5, timestampMs: 100 } : undefined),
  put() {},
}

describe('an id that was seen', () => {
  it('makes another record with it a duplicate, until it is forgotten', () => {
    expect(isDuplicate(seen, { id: 'x', offset: 6, sinceMs: 100 })).toBe(true)
    expect(isDuplicate(seen, { id: 'x', offset: 6, sinceMs: 101 })).toBe(false)
    expect(isDuplicate(seen, { id: 'y', offset: 6, sinceMs: 0 })).toBe(false)
  })

  it('does not make its own record one, when that is processed again after a crash', () => {
    expect(isDuplicate(seen, { id: 'x', offset: 5, sinceMs: 0 })).toBe(false)
  })

  it('belongs to its key, wherever key and id part', () => {
    const keys = [idKey('a', 'bc'), idKey('ab', 'c'), idKey('', 'abc'), idKey('1', '1:x'), idKey('11', ':x')]
    expect(new Set(keys).size).toBe(keys.length)
  })
})
