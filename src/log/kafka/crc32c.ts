/** Tables for eight bytes at a time ("slicing by 8"): table k has a byte's effect k bytes later. */
const tables = Array.from({ length: 8 }, () => new Int32Array(256))
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
]
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  t0[byte] = crc
}
for (let k = 1; k < tables.length; k++) {
  tables[k]!.forEach((_, byte, table) => {
    const before = tables[k - 1]![byte]!
    table[byte] = (before >>> 8) ^ t0[before & 0xff]!
  })
}

/** Words are read as the machine has them; the tables are for those whose first byte is the lowest. */
const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1
/** Fewer bytes are not worth a view of words. */
const leastBytes = 64

/** CRC-32C (Castagnoli, RFC 3720 B.4) of `bytes[from, to)`, unsigned. `node:zlib` has the other CRC-32 only. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  if (!isLittleEndian || to - from < leastBytes) return (byBytes(-1, bytes, from, to) ^ -1) >>> 0
  const aligned = from + (-(bytes.byteOffset + from) & 3)
  const pairs = (to - aligned) >>> 3
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, 2 * pairs)
  let crc = byBytes(-1, bytes, from, aligned)
  for (let at = 0; at < words.length; at += 2) {
    const low = crc ^ words[at]!
    const high = words[at + 1]!
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[high & 0xff]! ^
      t2[(high >>> 8) & 0xff]! ^
      t1[(high >>> 16) & 0xff]! ^
      t0[high >>> 24]!
  }
  return (byBytes(crc, bytes, aligned + 8 * pairs, to) ^ -1) >>> 0
}

function byBytes(before: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = before
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return crc
}
