import { isUtf8 } from 'node:buffer'
import { SerdeError } from '../errors.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Serde } from './serde.ts'

/** UTF-8 text. A lone surrogate is refused: it has no bytes of its own. */
export const stringSerde: Serde<string> = {
  serialize(value) {
    if (!value.isWellFormed()) throw new SerdeError('the text holds half a surrogate pair, which UTF-8 cannot say')
    return Buffer.from(value, 'utf8')
  },
  deserialize(bytes) {
    if (!isUtf8(bytes)) throw new SerdeError('the bytes are not UTF-8')
    return bytes.toString('utf8')
  },
}

/** IEEE 754, 8 bytes, big-endian; keeps −0 and the infinities, and knows one NaN. */
export const float64Serde: Serde<number> = {
  serialize(value) {
    const bytes = Buffer.allocUnsafe(8)
    if (Number.isNaN(value)) bytes.writeBigUInt64BE(0x7ff8000000000000n)
    else bytes.writeDoubleBE(value)
    return bytes
  },
  deserialize(bytes) {
    expectEightBytes(bytes)
    return bytes.readDoubleBE(0)
  },
}

/** Whole numbers up to ±(2^53 − 1) as 8 bytes, two's complement, big-endian. */
export const int64Serde: Serde<number> = {
  serialize(value) {
    if (!Number.isSafeInteger(value)) {
      throw new SerdeError(`${value} is not a whole number within ±(2^53 − 1); use float64Serde for fractions`)
    }
    const bytes = Buffer.allocUnsafe(8)
    const high = Math.floor(value / 2 ** 32)
    bytes.writeInt32BE(high, 0)
    bytes.writeUInt32BE(value - high * 2 ** 32, 4)
    return bytes
  },
  deserialize(bytes) {
    expectEightBytes(bytes)
    const value = bytes.readInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4)
    if (!Number.isSafeInteger(value)) throw new SerdeError('the 8 bytes are a whole number beyond ±(2^53 − 1)')
    // JavaScript has two zeros, these bytes one.
    return value === 0 ? 0 : value
  },
}

function expectEightBytes(bytes: Buffer): void {
  if (bytes.length !== 8) throw new SerdeError(`a number takes 8 bytes, these are ${bytes.length}`)
}

/**
 * Canonical JSON in UTF-8, so that equal values give equal bytes; `undefined` members are left out and −0 comes back
 * as 0. What JSON cannot hold is refused. `T` is not checked when reading: the bytes are the application's own.
 */
export const jsonSerde = <T>(): Serde<T> => ({
  serialize: (value) => Buffer.from(canonicalJson(value), 'utf8'),
  deserialize(bytes) {
    try {
      return JSON.parse(bytes.toString('utf8')) as T
    } catch (cause) {
      throw new SerdeError('the bytes are not JSON', { cause })
    }
  },
})
