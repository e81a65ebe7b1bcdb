import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { batchesIn, readRecords } from '../../../src/log/kafka/batch-decoder.ts'
import { batchBytesBound, encodeBatch, recordBytesBound } from '../../../src/log/kafka/batch-encoder.ts'
import { batchAt } from '../../../src/log/kafka/batch-format.ts'
import { crc32c } from '../../../src/log/kafka/crc32c.ts'
import { at, compressed, first, plainRecord, record, storedBatch } from './batches.ts'

const decode = (recordSet: Buffer, from = 0) =>
  [...batchesIn(recordSet)].flatMap((batch) => readRecords(batch, at, from, [])).map(plainRecord)

describe('record batches', () => {
  it('decode to what was encoded', () => {
    const records = [
      record('a', { key: Buffer.from('k'), timestampMs: 1000 }),
      record(null, { timestampMs: 5_000_000_000_000, headers: { kind: Buffer.from('x'), empty: Buffer.alloc(0) } }),
      record('', { key: Buffer.alloc(0), timestampMs: 3 }),
      { ...record(''), value: randomBytes(70_000), timestampMs: 1000 },
    ]
    const decoded = decode(storedBatch(7, records))
    expect(decoded).toEqual(records.map((sent, i) => ({ ...sent, offset: 7 + i })))
  })

  it('decode at every distance of two times', () => {
    for (let bits = 0; bits <= 52; bits++) {
      for (const delta of [2 ** bits - 1, 2 ** bits, -(2 ** bits), -(2 ** bits) - 1]) {
        const times = [0, delta]
        const decoded = decode(
          storedBatch(
            0,
            times.map((timestampMs) => record('x', { timestampMs })),
          ),
        )
        expect(decoded.map(({ timestampMs }) => timestampMs)).toEqual(times)
      }
    }
  })

  it('never become larger than their bound', () => {
    for (const size of [0, 63, 64, 127, 128, 8191, 8192, 100_000]) {
      const one = { ...record(''), key: randomBytes(size), value: randomBytes(size), headers: { ü: randomBytes(size) } }
      const length = encodeBatch(
        [one],
        { producerId: 1, producerEpoch: 0, transactional: true },
        { firstSequence: 0, nowMs: 2 ** 50, memory: Buffer.alloc(batchBytesBound([one])) },
      ).length
      expect(length).toBeLessThanOrEqual(batchAt.records + recordBytesBound(one))
    }
  })

  it('carry the checksum of what follows it', () => {
    const bytes = storedBatch(0, [record('a')])
    expect(bytes.readUInt32BE(batchAt.crc)).toBe(crc32c(bytes, batchAt.attributes))
  })

  it('leave out a part of a batch at the end, wherever it is cut', () => {
    const [one, two] = [storedBatch(0, [record('a'), record('b')]), storedBatch(2, [record('c')])]
    const both = Buffer.concat([one, two])
    for (let length = one.length; length < both.length; length++) {
      expect(decode(both.subarray(0, length)).map(({ offset }) => offset)).toEqual([0, 1])
    }
    expect(decode(both)).toHaveLength(3)
  })

  it('start in their middle when the position is there', () => {
    const bytes = storedBatch(10, [record('a'), record('b'), record('c')])
    expect(decode(bytes, 11).map(({ offset }) => offset)).toEqual([11, 12])
  })

  it('keep the last offset that compaction left without a record', () => {
    const bytes = storedBatch(10, [record('a')])
    bytes.writeInt32BE(4, batchAt.lastOffsetDelta)
    expect(first(bytes)).toMatchObject({ baseOffset: 10, lastOffset: 14 })
    bytes.writeInt32BE(0, batchAt.recordCount)
    expect(readRecords(first(bytes), at, 0, [])).toEqual([])
  })

  it.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ] as const)('decode when compressed with %s', (_name, codec, compress) => {
    const plain = storedBatch(3, [record('a'), record('b'), record('c'.repeat(1000))])
    expect(decode(compressed(plain, codec, compress))).toEqual(decode(plain))
  })

  it('of an older format are refused', () => {
    const bytes = storedBatch(0, [record('a')])
    bytes[batchAt.magic] = 1
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: 'record-format-unsupported' }))
  })

  it('give header names in lower case, the last of two winning, and one named like a prototype', () => {
    const headers = { Kind: Buffer.from('1'), kind: Buffer.from('2'), ['__proto__']: Buffer.from('3') }
    const [decoded] = decode(storedBatch(0, [record('a', { headers })]))
    expect(Object.entries(decoded!.headers)).toEqual([
      ['kind', Buffer.from('2')],
      ['__proto__', Buffer.from('3')],
    ])
  })
})
