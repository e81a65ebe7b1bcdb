import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodedBytes, encodeRows, RowCursor } from '../../../src/log/embedded/rows.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { at } from './records.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const outgoing: fc.Arbitrary<OutgoingRecord> = fc.record({
  topic: fc.constant(at.topic),
  partition: fc.constant(at.partition),
  key: fc.option(bytes),
  value: fc.option(fc.oneof(bytes, fc.constant(Buffer.alloc(20_000, 7)))),
  headers: fc.dictionary(fc.string({ unit: 'grapheme' }), bytes),
  timestampMs: fc.nat(),
})

function decode(records: readonly OutgoingRecord[], firstOffset: number): LogRecord[] {
  const rows = encodeRows(records, records.map(encodedBytes), { firstOffset, transaction: 5, nowMs: 0 })
  return rows.flatMap((row) => {
    const cursor = new RowCursor(row, at)
    expect(cursor.transaction).toBe(5)
    return Array.from({ length: records.length + 1 }, () => cursor.next()).filter((record) => record !== undefined)
  })
}

describe('rows', () => {
  it('give back what was encoded, at consecutive offsets', () => {
    fc.assert(
      fc.property(fc.array(outgoing, { minLength: 1, maxLength: 8 }), fc.nat(2 ** 40), (records, firstOffset) => {
        expect(decode(records, firstOffset)).toEqual(
          records.map((record, i) => ({ ...record, offset: firstOffset + i })),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('keep a header named __proto__ as a header', () => {
    const headers = Object.fromEntries([['__proto__', Buffer.from('x')]])
    const [record] = decode([{ ...at, key: null, value: null, headers }], 0)
    expect(Object.entries(record!.headers)).toEqual([['__proto__', Buffer.from('x')]])
    expect(Object.getPrototypeOf(record!.headers)).toBe(Object.prototype)
  })
})
