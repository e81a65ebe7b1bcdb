import type { KeyedValues } from './keyed-values.ts'
import type { KeyValueStore, KeyValueStoreDef } from './stores.ts'

/** Values are serialised when put: a value changed in place after its `put` stays unchanged here. */
export class BufferedKeyValueStore<V> implements KeyValueStore<V> {
  readonly #serde: KeyValueStoreDef<V>['serde']
  readonly #values: KeyedValues<V>

  constructor({ serde }: KeyValueStoreDef<V>, values: KeyedValues<V>) {
    this.#serde = serde
    this.#values = values
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  put(key: string, value: V): void {
    this.#values.set(key, this.#serde.serialize(value))
  }

  delete(key: string): void {
    this.#values.set(key, null)
  }
}
