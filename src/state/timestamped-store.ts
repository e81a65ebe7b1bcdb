import type { KeyedValues } from './keyed-values.ts'
import { payloadOf, timestampedBytes, timestampOf } from './keys.ts'
import { expiredBefore } from './retention.ts'
import type { Timestamped, TimestampedStore, TimestampedStoreDef } from './stores.ts'

/** Reads what lies in the database under a key. */
export const timestampedReader =
  <V>({ serde }: TimestampedStoreDef<V>) =>
  (bytes: Buffer): Timestamped<V> => ({
    value: serde.deserialize(payloadOf(bytes)),
    timestampMs: timestampOf(bytes),
  })

/** Hides what is past its retention whether or not a sweep has been there, so that sweeps change no result. */
export class BufferedTimestampedStore<V> implements TimestampedStore<V> {
  readonly #def: TimestampedStoreDef<V>
  readonly #values: KeyedValues<Timestamped<V>>
  readonly #streamTimeMs: () => number

  constructor(def: TimestampedStoreDef<V>, values: KeyedValues<Timestamped<V>>, streamTimeMs: () => number) {
    this.#def = def
    this.#values = values
    this.#streamTimeMs = streamTimeMs
  }

  get(key: string): Timestamped<V> | undefined {
    const held = this.#values.get(key)
    return held !== undefined && held.timestampMs >= expiredBefore(this.#def, this.#streamTimeMs()) ? held : undefined
  }

  put(key: string, value: V, timestampMs: number): void {
    this.#values.set(key, timestampedBytes(timestampMs, this.#def.serde.serialize(value)))
  }
}
