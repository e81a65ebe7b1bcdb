import type { PackedSerde, Serde } from '../record/serde.ts'

/**
 * Bytes that stay in memory, as a text of one byte a character. A small Buffer lies in a block of 64 KiB that others share, and
 * all of a block stays while anybody holds a part of it: held for long, it may take a thousand times its size.
 */
export type PackedBytes = string

export const pack = (bytes: Buffer): PackedBytes => bytes.toString('latin1')

export const unpack = (packed: PackedBytes): Buffer => Buffer.from(packed, 'latin1')

/** The serde for bytes that stay in memory. */
export const packedSerde = <V>(serde: Serde<V>): PackedSerde<V> =>
  serde.packed ?? {
    serialize: (value) => pack(serde.serialize(value)),
    deserialize: (packed) => serde.deserialize(unpack(packed)),
  }
