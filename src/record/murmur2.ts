const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/**
 * The 32-bit MurmurHash2 of `bytes[from, to)` as a signed integer, equal to the Java client's `Utils.murmur2`: Kafka's default
 * partitioner, so that a key stays on the partition where any other producer puts it.
 */
export function murmur2(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const length = to - from
  const tail = from + (length & ~3)
  let hash = seed ^ length
  for (let i = from; i < tail; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    word = Math.imul(word, multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = to - tail
  if (left === 3) hash ^= bytes[tail + 2]! << 16
  if (left >= 2) hash ^= bytes[tail + 1]! << 8
  if (left >= 1) hash = Math.imul(hash ^ bytes[tail]!, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition of a key among `partitions`, as Kafka's default partitioner computes it. */
export const partitionFor = (key: Buffer, partitions: number): number => partitionOf(murmur2(key), partitions)

const scratch = Buffer.alloc(768)

/** The same for the bytes that a text has in UTF-8. */
export function partitionForText(key: string, partitions: number): number {
  // A UTF-16 unit is at most three bytes.
  if (3 * key.length > scratch.length) return partitionFor(Buffer.from(key), partitions)
  return partitionOf(murmur2(scratch, 0, scratch.write(key)), partitions)
}

/** The partition of a key with this hash. */
export const partitionOf = (hash: number, partitions: number): number => (hash & 0x7fffffff) % partitions
