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
