import { expect, test } from 'vitest'
import { DistinctValues } from '../../../src/operators/features/distinct-values.ts'
import { Extremes } from '../../../src/operators/features/extremes.ts'
import { valuesSerde } from '../../../src/operators/features/values-serde.ts'
import { WindowLog } from '../../../src/operators/features/window-log.ts'

const logOf = (timesMs: readonly number[], chunkEntries = 4): WindowLog => {
  const log = new WindowLog(1, chunkEntries)
  for (const [offset, timeMs] of timesMs.entries()) log.add(timeMs, offset, [timeMs])
  return log
}
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at)

test('an entry that is there already changes nothing', () => {
  const log = logOf([1, 3, 2])
  expect(log.add(2, 2, [2])).toBe(false)
  expect(log.size).toBe(3)
})

test('extremes of a wide window come from a tree, and keep up with what is added, split and dropped', () => {
  const log = new WindowLog(1, 2)
  const extremes = new Extremes(log, 0)
  const between = (fromMs: number, toMs: number) => extremes.between(log.seek(fromMs), log.seek(toMs + 1))
  for (const at of upTo(2_000)) log.add(2 * at, at, [2 * at])
  expect(between(0, 4_000)).toEqual({ min: 0, max: 3_998 })
  expect(between(3, 3_001)).toEqual({ min: 4, max: 3_000 })
  log.add(1_001, 2_000, [-5])
  log.add(1_003, 2_001, [9_000])
  expect(between(3, 3_001)).toEqual({ min: -5, max: 9_000 })
  log.prune(1_500)
  expect(between(1_500, 3_001)).toEqual({ min: 1_500, max: 3_000 })
  expect(between(4_001, 5_000)).toBeUndefined()
})

test('distinct values are counted anew when entries that were counted are dropped', () => {
  const log = logOf(upTo(20))
  const distinct = new DistinctValues(log, 0)
  expect(distinct.between(0, 20)).toBe(20)
  log.prune(10)
  expect(distinct.between(8, 20)).toBe(12)
})

test('what is past is let go before its chunk is full', () => {
  const log = new WindowLog(1, 128)
  const distinct = new DistinctValues(log, 0)
  for (const timeMs of upTo(1_000)) {
    log.add(timeMs, timeMs, [timeMs % 7])
    log.prune(timeMs - 4)
    expect(distinct.between(timeMs - 4, timeMs + 1)).toBe(Math.min(timeMs + 1, 5))
    expect(log.size).toBeLessThan(5 + 128 / 8)
  }
})

test('every kind of value survives the serde, and damaged bytes are refused', () => {
  const values = [1.5, 'ß', '', true, false, undefined, Number.NEGATIVE_INFINITY]
  expect(valuesSerde.deserialize(valuesSerde.serialize(values))).toEqual(values)
  expect(valuesSerde.deserialize(valuesSerde.serialize([]))).toEqual([])
  for (const bytes of [[9], [1, 0], [2, 0, 0, 0, 2, 65]]) {
    expect(() => valuesSerde.deserialize(Buffer.from(bytes))).toThrow('cannot be read')
  }
})
