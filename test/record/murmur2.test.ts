import { describe, expect, it } from 'vitest'
import { murmur2, partitionFor } from '../../src/record/murmur2.ts'

describe('murmur2', () => {
  // The vectors of the Java client's own test (org.apache.kafka.common.utils.UtilsTest).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the Java client does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })
})

describe('partitionFor', () => {
  it('makes a negative hash positive by dropping its sign bit', () => {
    expect(partitionFor(Buffer.from('foobar'), 6)).toBe((-790332482 & 0x7fffffff) % 6)
    expect(partitionFor(Buffer.from('abc'), 6)).toBe(479470107 % 6)
  })

  it('puts bytes above 127 and the empty key within range', () => {
    for (const key of [Buffer.alloc(0), Buffer.from([0xff]), Buffer.from('Zoë'), Buffer.from([0x80, 0xff, 0xfe])]) {
      const partition = partitionFor(key, 7)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(7)
    }
  })

  it('spreads customer ids over all partitions', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, i) => partitionFor(Buffer.from(`cust-${i}`), 6)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5])
  })
})
