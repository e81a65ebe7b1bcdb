import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { LogError } from '../../errors.ts'
import { unlz4 } from './lz4.ts'
import { unsnappy } from './snappy.ts'

/** A batch that becomes larger than this is taken for an attack. */
const maxOutputLength = 256 * 1024 * 1024

interface Codec {
  readonly name: string
  decompress(bytes: Buffer): Buffer
}

/** By the number in a batch's attributes. */
const codecs: Readonly<Record<number, Codec>> = {
  1: { name: 'gzip', decompress: (bytes) => gunzipSync(bytes, { maxOutputLength }) },
  2: { name: 'snappy', decompress: (bytes) => unsnappy(bytes, maxOutputLength) },
  3: { name: 'lz4', decompress: (bytes) => unlz4(bytes, maxOutputLength) },
  4: { name: 'zstd', decompress: (bytes) => zstdDecompressSync(bytes, { maxOutputLength }) },
}

/**
 * The records of a compressed batch; `codec` as in a batch's attributes.
 * @throws LogError `record-format-unsupported` for an unknown codec and for bytes that are not of the named one
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  const known = codecs[codec]
  if (known === undefined) {
    throw new LogError(
      'record-format-unsupported',
      `batches compressed with codec ${codec} cannot be read: use gzip, snappy, lz4, zstd or none at the producer`,
    )
  }
  try {
    return known.decompress(bytes)
  } catch (cause) {
    throw new LogError(
      'record-format-unsupported',
      `a batch is not the ${known.name} it says it is: produce it again`,
      {
        cause,
      },
    )
  }
}
