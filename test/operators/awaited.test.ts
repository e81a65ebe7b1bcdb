import { expect, test } from 'vitest'
import { Awaited } from '../../src/operators/awaited.ts'

function awaitedAt(...offsets: number[]): Awaited<{ readonly offset: number }> {
  const awaited = new Awaited<{ readonly offset: number }>()
  for (const offset of offsets) awaited.add({ offset })
  return awaited
}

test('gives each once, in order', () => {
  const awaited = awaitedAt(3, 5)
  expect(awaited.take(3)?.offset).toBe(3)
  expect(awaited.take(3)).toBeUndefined()
  expect(awaited.take(5)?.offset).toBe(5)
})

test('passes those whose records never came', () => {
  const awaited = awaitedAt(3, 4, 5)
  expect(awaited.take(5)?.offset).toBe(5)
  expect(awaited.take(4)).toBeUndefined()
})

test('knows nothing of records between', () => {
  const awaited = awaitedAt(3, 5)
  expect(awaited.take(4)).toBeUndefined()
  expect(awaited.take(5)?.offset).toBe(5)
})

test('has the newer one of a record that was prefetched again', () => {
  const awaited = awaitedAt(3)
  const again = { offset: 3 }
  awaited.add(again)
  expect(awaited.take(3)).toBe(again)
})
