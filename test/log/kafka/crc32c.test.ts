import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/log/kafka/crc32c.ts'

describe('crc32c', () => {
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  it.each([
    ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['counting up', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['counting down', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    ['the digits', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('matches the published value for %s', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })

  it('looks at the given range only', () => {
    expect(crc32c(Buffer.from('xx123456789yy'), 2, 11)).toBe(0xe3069283)
  })

  it('comes to the same from any place of a buffer, whatever the length', () => {
    const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 151) & 0xff))
    const bitByBit = (from: number, to: number): number => {
      let crc = -1
      for (const byte of bytes.subarray(from, to)) {
        crc ^= byte
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
      }
      return (crc ^ -1) >>> 0
    }
    for (let from = 0; from < 9; from++) {
      for (let to = from; to <= bytes.length; to++) {
        expect(crc32c(bytes, from, to)).toBe(bitByBit(from, to))
        expect(crc32c(bytes.subarray(from), 0, to - from)).toBe(bitByBit(from, to))
      }
    }
  })
})
