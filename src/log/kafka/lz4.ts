import { repeat } from './snappy.ts'

const frameMagic = 0x184d2204
const flag = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const
const uncompressedBit = 0x8000_0000

/** Decompresses an LZ4 frame (https://github.com/lz4/lz4, lz4_Frame_format.md); checksums are not looked at. */
export function unlz4(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.readUInt32LE(0) !== frameMagic) throw new RangeError('this is no LZ4 frame')
  const flags = bytes.readUInt8(4)
  const blockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(5) >>> 4) & 7))
  let at = 7 + (flags & flag.contentSize ? 8 : 0) + (flags & flag.dictionary ? 4 : 0)
  let output: Buffer = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(blockBytes, bytes.length * 4)))
  let written = 0
  for (;;) {
    const header = bytes.readUInt32LE(at)
    at += 4
    if (header === 0) return output.subarray(0, written)
    const length = header & ~uncompressedBit
    if (at + length > bytes.length) throw new RangeError('a block is cut off')
    if (written + blockBytes > output.length) output = grown(output, written, written + blockBytes, maxBytes)
    const block = bytes.subarray(at, at + length)
    if (header >= uncompressedBit) written += block.copy(output, written)
    else written = decompress(block, output, written)
    at += length + (flags & flag.blockChecksum ? 4 : 0)
  }
}

function grown(output: Buffer, written: number, needed: number, maxBytes: number): Buffer {
  const size = Math.min(maxBytes, Math.max(needed, output.length * 2))
  if (written >= size) throw new RangeError(`more than ${maxBytes} bytes come out`)
  const larger = Buffer.allocUnsafe(size)
  output.copy(larger, 0, 0, written)
  return larger
}

/** One block's sequences of literals and copies, which may reach back into earlier blocks. */
function decompress(block: Buffer, output: Buffer, from: number): number {
  let at = 0
  let written = from
  const longer = (length: number): number => {
    let total = length
    if (length === 15) {
      let byte: number
      do {
        byte = block.readUInt8(at++)
        total += byte
      } while (byte === 255)
    }
    return total
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = longer(token >>> 4)
    if (at + literals > block.length || written + literals > output.length) throw new RangeError('a literal is cut off')
    block.copy(output, written, at, at + literals)
    at += literals
    written += literals
    if (at >= block.length) break
    const distance = block.readUInt16LE(at)
    at += 2
    const length = longer(token & 15) + 4
    repeat(output, written, distance, length)
    written += length
  }
  return written
}
