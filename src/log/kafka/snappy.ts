/** How Java's producers begin: xerial's framing around blocks, each with its length before it. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const xerialHeaderBytes = 16

/** Decompresses Snappy, framed as Java's producers do or bare (https://github.com/google/snappy, format_description.txt). */
export function unsnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return block(bytes, maxBytes)
  const blocks: Buffer[] = []
  let left = maxBytes
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const length = bytes.readInt32BE(at)
    const decompressed = block(bytes.subarray(at + 4, at + 4 + length), left)
    left -= decompressed.length
    blocks.push(decompressed)
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

function block(bytes: Buffer, maxBytes: number): Buffer {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes.readUInt8(at++)
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (size > maxBytes) throw new RangeError(`${size} bytes are more than ${maxBytes}`)
  const output = Buffer.allocUnsafe(size)
  let written = 0
  while (at < bytes.length) {
    const tag = bytes[at++]!
    const kind = tag & 3
    let length = tag >>> 2
    if (kind === 0) {
      if (length >= 60) {
        const lengthBytes = length - 59
        length = bytes.readUIntLE(at, lengthBytes)
        at += lengthBytes
      }
      length++
      if (at + length > bytes.length || written + length > size) throw new RangeError('a literal is cut off')
      bytes.copy(output, written, at, at + length)
      at += length
    } else {
      let distance: number
      if (kind === 1) {
        length = 4 + (length & 7)
        distance = ((tag >>> 5) << 8) | bytes.readUInt8(at++)
      } else {
        length++
        const distanceBytes = kind === 2 ? 2 : 4
        distance = bytes.readUIntLE(at, distanceBytes)
        at += distanceBytes
      }
      repeat(output, written, distance, length)
    }
    written += length
  }
  if (written !== size) throw new RangeError(`${written} bytes came out instead of ${size}`)
  return output
}

/** Copies `length` bytes from `distance` back; the two may overlap, which repeats them. */
export function repeat(output: Buffer, at: number, distance: number, length: number): void {
  if (distance === 0 || distance > at || at + length > output.length) throw new RangeError('a copy is out of bounds')
  if (distance >= length) output.copyWithin(at, at - distance, at - distance + length)
  else for (let i = at; i < at + length; i++) output[i] = output[i - distance]!
}
