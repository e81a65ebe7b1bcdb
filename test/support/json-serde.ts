import type { Serde } from '../../src/record/serde.ts'

export const jsonSerde = <T>(): Serde<T> => ({
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(bytes.toString()) as T,
})
