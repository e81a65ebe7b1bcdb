import { crc32c as ofBytes } from '@node-rs/crc32'

/** CRC-32C (Castagnoli, RFC 3720 B.4) of `bytes[from, to)`, unsigned. `node:zlib` has the other CRC-32 only. */
export const crc32c = (bytes: Buffer, from = 0, to = bytes.length): number => ofBytes(bytes.subarray(from, to))
