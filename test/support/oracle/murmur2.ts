/** MurmurHash2 (32 bits, seed 0x9747b28c) as Kafka's Java client has it, written from its definition. Signed. */
export function oracleMurmur2(data: Uint8Array): number {
  const m = 0x5bd1e995
  const byteAt = (index: number): number => data[index] ?? 0
  let h = 0x9747b28c ^ data.length
  const words = Math.floor(data.length / 4)
  for (let word = 0; word < words; word++) {
    const at = word * 4
    let k = byteAt(at) + (byteAt(at + 1) << 8) + (byteAt(at + 2) << 16) + (byteAt(at + 3) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    h = Math.imul(h, m)
    h ^= k
  }
  const rest = data.length % 4
  if (rest === 3) h ^= byteAt(words * 4 + 2) << 16
  if (rest >= 2) h ^= byteAt(words * 4 + 1) << 8
  if (rest >= 1) {
    h ^= byteAt(words * 4)
    h = Math.imul(h, m)
  }
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h
}

/** The partition that Kafka's default partitioner gives to a key. */
export const oraclePartitionOf = (key: Uint8Array, partitions: number): number =>
  (oracleMurmur2(key) & 0x7fffffff) % partitions
