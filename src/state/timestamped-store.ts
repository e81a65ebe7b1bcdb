import type { KeyedBytes } from './keyed-bytes.ts'
import { payloadOf, timestampedBytes, timestampOf } from './keys.ts'
import { expiredBefore } from './retention.ts'
import type { Timestamped, TimestampedStore, TimestampedStoreDef } from './stores.ts'

/** Hides what is past its retention whether or not a sweep has been there, so that sweeps change no result. */
export class BufferedTimestampedStore<V> implements TimestampedStore<V> {
  readonly #def: TimestampedStoreDef<V>
  readonly #bytes: KeyedBytes
  readonly #streamTimeMs: () => number

  constructor(def: TimestampedStoreDef<V>, bytes: KeyedBytes, streamTimeMs: () => number) {
    this.#def = def
    this.#bytes = bytes
    this.#streamTimeMs = streamTimeMs
  }

  get(key: string): Timestamped<V> | undefined {
    const bytes = this.#bytes.get(key)
    if (bytes === null) return undefined
    const timestampMs = timestampOf(bytes)
    if (timestampMs < expiredBefore(this.#def, this.#streamTimeMs())) return undefined
    return { value: this.#def.serde.deserialize(payloadOf(bytes)), timestampMs }
  }

  put(key: string, value: V, timestampMs: number): void {
    this.#bytes.set(key, timestampedBytes(timestampMs, this.#def.serde.serialize(value)))
  }
}
