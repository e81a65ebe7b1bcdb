import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { OwnOutput } from '../../src/task/own-output.ts'

const source = { topic: 'main', partition: 3 }
const record = (more: Partial<OutgoingRecord> = {}): OutgoingRecord => ({
  ...source,
  key: null,
  value: null,
  headers: {},
  isOutput: true,
  ...more,
})

describe('what a task wrote to its source', () => {
  it('is known by its offsets, a span for what lies together', () => {
    const own = new OwnOutput(source)
    own.written([record(), record(), record(), record()], [5, 6, 9, 10])
    own.written([record()], [12])
    expect(own.take()).toEqual([
      { from: 5, to: 7 },
      { from: 9, to: 11 },
      { from: 12, to: 13 },
    ])
    expect(own.take()).toEqual([])
  })

  it('is read back where the source may take it, and what went elsewhere has no place there', () => {
    const own = new OwnOutput(source)
    const tick = record({ isOutput: false })
    own.written([record(), record({ topic: 'late' }), tick, record(), record({ partition: 4 })], [0, 1, 1, 2, 3])
    expect(own.take()).toEqual([
      { from: 0, to: 1 },
      { from: 2, to: 3 },
    ])
    own.written([], [])
    expect(own.take()).toEqual([])
  })
})
