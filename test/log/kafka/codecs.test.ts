import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decompress } from '../../../src/log/kafka/codecs.ts'
import { unlz4 } from '../../../src/log/kafka/lz4.ts'
import { unsnappy } from '../../../src/log/kafka/snappy.ts'

const unsupported = expect.objectContaining({ code: 'record-format-unsupported' })

describe('codecs', () => {
  it('gzip and zstd give back what was compressed', () => {
    const bytes = Buffer.from('abc'.repeat(1000))
    expect(decompress(1, gzipSync(bytes))).toEqual(bytes)
    expect(decompress(4, zstdCompressSync(bytes))).toEqual(bytes)
  })

  it('an unknown one is named', () => {
    expect(() => decompress(5, Buffer.alloc(1))).toThrow(/codec 5/)
  })

  it.each([1, 2, 3, 4])('codec %i refuses bytes that are not its own', (codec) => {
    for (const bytes of [Buffer.from('rubbish rubbish'), Buffer.alloc(0), Buffer.alloc(40, 0xff)]) {
      expect(() => decompress(codec, bytes)).toThrow(unsupported)
    }
  })
})

describe('snappy', () => {
  // From the format's description: a literal "ab", then copies with one, two and four bytes of distance.
  const block = Buffer.from([14, 4, 0x61, 0x62, 1, 2, 0x0e, 2, 0, 0x0f, 2, 0, 0, 0])

  it('copies what came before, overlapping too', () => {
    expect(String(unsnappy(block, 100))).toBe('ababababababab')
  })

  it('reads the frames of Java’s producers', () => {
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
    const length = Buffer.from([0, 0, 0, block.length])
    const framed = Buffer.concat([header, length, block, length, block])
    expect(String(unsnappy(framed, 100))).toBe('ab'.repeat(14))
  })

  it.each([
    ['a copy from before the beginning', [8, 0, 0x61, 1, 9]],
    ['a literal beyond the end', [8, 0x1c, 0x61]],
    ['more than it announced', [1, 4, 0x61, 0x62]],
    ['less than it announced', [9, 0, 0x61]],
    ['more than is allowed', [0xff, 0xff, 0xff, 0x7f]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => unsnappy(Buffer.from(bytes), 100)).toThrow(RangeError)
  })
})

describe('lz4', () => {
  const frame = (...blocks: number[][]): Buffer => {
    const sized = blocks.flatMap((bytes) => [bytes.length, 0, 0, 0, ...bytes])
    return Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, ...sized, 0, 0, 0, 0])
  }

  it('copies what came before, from earlier blocks too', () => {
    const bytes = frame([0x22, 0x61, 0x62, 2, 0, 0x10, 0x63], [0x04, 3, 0])
    expect(String(unlz4(bytes, 1 << 20))).toBe('ababababcabcabcab')
  })

  it('refuses a copy from before the beginning', () => {
    expect(() => unlz4(frame([0x10, 0x61, 9, 0]), 1 << 20)).toThrow(RangeError)
  })
})
