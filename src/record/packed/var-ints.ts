/** Reads Kafka's zigzag integers of variable length, one after another. */
export class VarIntReader {
  /** Where the next one begins. */
  at = 0

  /** An integer of 32 bits. */
  read(bytes: Buffer): number {
    let bits = bytes[this.at++]!
    if (bits >= 0x80) {
      bits &= 0x7f
      for (let shift = 7; ; shift += 7) {
        const byte = bytes[this.at++]!
        bits |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
    }
    return (bits >>> 1) ^ -(bits & 1)
  }

  /** One that may take more than 32 bits, such as the distance of two times. */
  readLong(bytes: Buffer): number {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.at++]!
      if (shift < 28) low += (byte & 0x7f) << shift
      else high += (byte & 0x7f) * 2 ** (shift - 28)
      if (byte < 0x80) break
    }
    // Together they are the zigzag number high * 2^28 + low, of which bit 0 is the sign.
    const half = high * 0x800_0000 + (low >>> 1)
    return low & 1 ? -half - 1 : half
  }
}

const zigZag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0

export function varIntBytes(value: number): number {
  const bits = zigZag(value)
  return bits < 0x80 ? 1 : bits < 0x4000 ? 2 : bits < 0x20_0000 ? 3 : bits < 0x1000_0000 ? 4 : 5
}

export function writeVarInt(batch: Buffer, from: number, value: number): number {
  let bits = zigZag(value)
  let at = from
  for (; bits >= 0x80; bits >>>= 7) batch[at++] = (bits & 0x7f) | 0x80
  batch[at++] = bits
  return at
}

const fitsInt32 = (value: number): boolean => (value | 0) === value
const zigZagLong = (value: number): bigint =>
  BigInt.asUintN(64, value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n)

export function varLongBytes(value: number): number {
  if (fitsInt32(value)) return varIntBytes(value)
  let bytes = 1
  for (let bits = zigZagLong(value); bits >= 0x80n; bits >>= 7n) bytes++
  return bytes
}

export function writeVarLong(batch: Buffer, from: number, value: number): number {
  if (fitsInt32(value)) return writeVarInt(batch, from, value)
  let at = from
  let bits = zigZagLong(value)
  for (; bits >= 0x80n; bits >>= 7n) batch[at++] = Number(bits & 0x7fn) | 0x80
  batch[at++] = Number(bits)
  return at
}
