/** Turns values into bytes and back. `deserialize(serialize(v))` equals `v`, and equal values give equal bytes. */
export interface Serde<T> {
  serialize(value: T): Buffer
  /** @throws SerdeError when the bytes are not of this serde */
  deserialize(bytes: Buffer): T
}
