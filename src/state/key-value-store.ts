import type { KeyedBytes } from './keyed-bytes.ts'
import type { KeyValueStore, KeyValueStoreDef } from './stores.ts'

/** Values are serialised when put and read anew at each `get`: a value changed in place without a `put` stays unchanged here. */
export class BufferedKeyValueStore<V> implements KeyValueStore<V> {
  readonly #serde: KeyValueStoreDef<V>['serde']
  readonly #bytes: KeyedBytes

  constructor({ serde }: KeyValueStoreDef<V>, bytes: KeyedBytes) {
    this.#serde = serde
    this.#bytes = bytes
  }

  get(key: string): V | undefined {
    const bytes = this.#bytes.get(key)
    return bytes === null ? undefined : this.#serde.deserialize(bytes)
  }

  put(key: string, value: V): void {
    this.#bytes.set(key, this.#serde.serialize(value))
  }

  delete(key: string): void {
    this.#bytes.set(key, null)
  }
}
