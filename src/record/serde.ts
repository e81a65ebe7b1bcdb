/** Turns values into bytes and back. `deserialize(serialize(v))` equals `v`, and equal values give equal bytes. */
export interface Serde<T> {
  serialize(value: T): Buffer
  /** @throws SerdeError when the bytes are not of this serde */
  deserialize(bytes: Buffer): T
  /** The same as `packed` makes it, by a shorter way. */
  readonly packed?: PackedSerde<T>
}

/** A serde whose bytes are a text of one byte a character (Latin-1), as they lie in memory. */
export interface PackedSerde<T> {
  serialize(value: T): string
  /** @throws SerdeError when the bytes are not of this serde */
  deserialize(packed: string): T
}
