import { describe, expect, it } from 'vitest'
import type { LogRecord, OutgoingRecord } from '../../src/record/record.ts'
import { Recheck } from '../../src/task/recheck.ts'

const headersOf = (kind: string, id: string) => ({ kind: Buffer.from(kind), id: Buffer.from(id) })
const read = (offset: number, kind = 'business', id = `e-${offset}`, value = 'x'): LogRecord => ({
  topic: 'main',
  partition: 0,
  offset,
  timestampMs: 0,
  key: null,
  value: Buffer.from(value),
  headers: headersOf(kind, id),
})
const decided = (offset: number, value: string): OutgoingRecord => ({
  topic: 'main',
  partition: 0,
  key: null,
  value: Buffer.from(value),
  headers: headersOf('decision', `d:0:${offset}`),
})

function recheck(decidedTo: number): { check: Recheck; counts: Record<string, number> } {
  const counts: Record<string, number> = {}
  const check = new Recheck(decidedTo, (name, by = 1) => {
    counts[name] = (counts[name] ?? 0) + by
  })
  return { check, counts }
}

describe('a recheck', () => {
  it('ends a batch at the position of before', () => {
    const { check } = recheck(5)
    const records = [read(2), read(4), read(5), read(6)]
    expect(check.batchEnd(records, 0, 4)).toBe(2)
    expect(check.batchEnd(records, 0, 1)).toBe(1)
    expect(check.batchEnd(records, 2, 4)).toBe(4)
  })

  it('writes nothing below it, and everything from it on', () => {
    const { check } = recheck(5)
    expect(check.take([read(4)], [decided(4, 'a')])).toEqual([])
    const outgoing = [decided(5, 'b')]
    expect(check.take([read(5)], outgoing)).toBe(outgoing)
  })

  it('compares decisions as they come by, also behind it and in the same batch', () => {
    const { check, counts } = recheck(3)
    check.take([read(0), read(1, 'decision', 'd:0:0', 'a'), read(2)], [decided(0, 'a'), decided(2, 'b')])
    check.take([read(3), read(4, 'decision', 'd:0:2', 'other')], [])
    check.caughtUp(5)
    expect(counts).toEqual({ 'decisions-equal': 1, 'decisions-differing': 1 })
  })

  it('counts decisions that the log does not hold, once it has been read to its end', () => {
    const { check, counts } = recheck(3)
    check.take([read(0)], [decided(0, 'a')])
    check.caughtUp(2)
    expect(counts).toEqual({})
    check.caughtUp(3)
    check.caughtUp(9)
    expect(counts).toEqual({ 'decisions-differing': 1 })
  })
})
