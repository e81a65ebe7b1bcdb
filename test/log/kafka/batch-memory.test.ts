import { expect, test } from 'vitest'
import { BatchMemory } from '../../../src/log/kafka/batch-memory.ts'

test('what was taken is nobody else’s until all is freed, and is used again then', () => {
  const memory = new BatchMemory()
  const first = [memory.take(100), memory.take(200)]
  memory.freeAll()
  const second = [memory.take(100), memory.take(200), memory.take(50)]
  for (const [n, bytes] of second.entries()) bytes.fill(n)
  expect(second.map((bytes, n) => bytes.every((byte) => byte === n))).toEqual([true, true, true])
  expect(first.map(({ length }) => length)).toEqual([100, 200])
  memory.freeAll()
  const third = [memory.take(50), memory.take(300)]
  expect(third.map(({ buffer }) => buffer === third[0]!.buffer)).toEqual([true, true])
  expect(third.map(({ byteOffset }) => byteOffset)).toEqual([0, 50])
})

test('an append that never ends well has its memory for good', () => {
  const memory = new BatchMemory()
  memory.take(100)
  memory.freeAll()
  const abandoned = memory.take(100).fill(1)
  memory.take(100).fill(2)
  expect(abandoned.every((byte) => byte === 1)).toBe(true)
})

test('memory beyond a few megabytes is not kept', () => {
  const memory = new BatchMemory()
  memory.take(8 * 1024 * 1024)
  memory.freeAll()
  const [fits, tooLong] = [memory.take(4 * 1024 * 1024), memory.take(1)]
  expect(tooLong.buffer).not.toBe(fits.buffer)
})
