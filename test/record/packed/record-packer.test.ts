import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchBytesBound, encodeBatch } from '../../../src/log/kafka/batch-encoder.ts'
import { unpacked } from '../../../src/record/packed/packed-record.ts'
import { headerBlock, LastHeaderBlock, RecordPacker } from '../../../src/record/packed/record-packer.ts'
import type { OutgoingRecord } from '../../../src/record/record.ts'

const place = { topic: 't', partition: 3 }
const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((any) => any.toWellFormed()),
  fc
    .tuple(fc.constantFrom('a', 'ä', '€', '😀'), fc.constantFrom(1, 20, 31, 63, 64, 65, 127))
    .map(([one, n]) => one.repeat(n)),
)
/** Around the lengths from which a length takes a byte more, and from which a record does not fit into a chunk. */
const value = fc.oneof(
  text,
  fc
    .tuple(fc.constantFrom('x', 'ü'), fc.constantFrom(63, 64, 4_095, 4_096, 8_191, 8_192, 100_000, 300_000))
    .map(([one, n]) => one.repeat(n)),
)
const headers = fc.dictionary(fc.constantFrom('kind', 'type', 'id', 'trace-ö'), text, { noNullPrototype: true })
const parts = fc.array(fc.record({ key: text, value, headers }), { minLength: 1, maxLength: 6 })

const identity = { producerId: 1, producerEpoch: 0, transactional: true }
const encoded = (records: readonly OutgoingRecord[]): Buffer =>
  encodeBatch(records, identity, { firstSequence: 0, nowMs: 1_000, memory: Buffer.alloc(batchBytesBound(records)) })

describe('packed records', () => {
  it('have the fields that went in, and are the same bytes in a batch as records with those fields', () => {
    const packer = new RecordPacker()
    fc.assert(
      fc.property(parts, (records) => {
        const plain = records.map(
          (record): OutgoingRecord => ({
            ...place,
            key: Buffer.from(record.key),
            value: Buffer.from(record.value),
            headers: Object.fromEntries(
              Object.entries(record.headers).map(([name, header]) => [name, Buffer.from(header)]),
            ),
          }),
        )
        const packed = records.map((record, n) => {
          packer.begin()
          packer.text(record.key)
          packer.written((out) => out.text(record.value))
          const block = headerBlock(plain[n]!.headers)
          packer.headerCount(block.count)
          packer.headers(block)
          return packer.end(place)
        })
        expect(packed.map(unpacked)).toEqual(plain)
        expect(encoded(packed).equals(encoded(plain))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('are read back where nobody said that they are output', () => {
    const packer = new RecordPacker()
    packer.begin()
    expect([packer.end(place).isOutput, packer.end({ ...place, isOutput: true }).isOutput]).toEqual([false, true])
  })

  it('take headers that are another object as they are then', () => {
    const last = new LastHeaderBlock()
    const first = { stamp: Buffer.from('1') }
    expect(last.of(first)).toBe(last.of(first))
    expect(last.of({ stamp: Buffer.from('2') }).bytes).toEqual(headerBlock({ stamp: Buffer.from('2') }).bytes)
  })
})
