import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodedBytes, encodeRows, encodeWithGaps, type Row, RowCursor } from '../../../src/log/embedded/rows.ts'
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

function recordsOf(row: Row): LogRecord[] {
  const cursor = new RowCursor(row, at)
  return Array.from({ length: cursor.left }, () => cursor.next()!)
}

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

  it('give back records with gaps between them at their offsets, and begin anywhere', () => {
    const gaps = fc.array(fc.tuple(outgoing, fc.oneof(fc.nat(3), fc.nat(2 ** 40))), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(gaps, (parts) => {
        let offset = 0
        const records = parts.map(([record, gap]): LogRecord => {
          offset += gap + 1
          return { ...record, timestampMs: record.timestampMs!, offset }
        })
        const rows = encodeWithGaps(records)
        expect(rows.flatMap(recordsOf)).toEqual(records)
        for (const row of rows) {
          const cursor = new RowCursor(row, at)
          for (const [i, record] of recordsOf(row).entries()) {
            // Into the gap before the record.
            cursor.skipTo((recordsOf(row)[i - 1]?.offset ?? -1) + 1)
            expect(cursor.next()).toEqual(record)
          }
          cursor.skipTo(row.lastOffset + 1)
          expect(cursor.next()).toBeUndefined()
        }
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
