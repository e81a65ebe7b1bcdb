import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { LogError } from '../../errors.ts'

const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/**
 * The records of a compressed batch; `codec` as in a batch's attributes.
 * @throws LogError `record-format-unsupported` for a codec that Node does not bring
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  if (codec === 1) return gunzipSync(bytes)
  if (codec === 4) return zstdDecompressSync(bytes)
  throw new LogError(
    'record-format-unsupported',
    `batches compressed with ${names[codec] ?? `codec ${codec}`} cannot be read: use gzip, zstd or none at the producer`,
  )
}
