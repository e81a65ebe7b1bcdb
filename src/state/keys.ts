import type { KeyRange } from './engine.ts'

/**
 * How keys lie in the database. A key-value or timestamped store's key is its UTF-8; a window store's is the length of
 * the key (4 bytes), its UTF-8, the time and the offset (8 bytes each): all big-endian, so that bytes order like
 * (time, offset) within a key, and the length keeps one key's entries out of another's.
 */

const timeBytes = 8
const lengthBytes = 4
const rowBytes = 2 * timeBytes
const zeroByte = Buffer.alloc(1)

/**
 * The key as UTF-8 can say it: half surrogate pairs become U+FFFD, so that two keys that meet on disk meet in memory too.
 */
export const wellFormed = (key: string): string => (key.isWellFormed() ? key : key.toWellFormed())

export const keyBytes = (key: string): Buffer => Buffer.from(key, 'utf8')

/**
 * Writes a whole number within ±(2^53 − 1) in 8 bytes that order as the numbers do, negative ones first.
 * @throws RangeError for other numbers
 */
export function writeOrdered(bytes: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no time or offset: those are whole numbers`)
  const high = Math.floor(value / 2 ** 32)
  bytes.writeUInt32BE((high ^ 0x80000000) >>> 0, at)
  bytes.writeUInt32BE(value - high * 2 ** 32, at + 4)
}

/** What `writeOrdered` wrote. */
export const readOrdered = (bytes: Buffer, at: number): number =>
  (bytes.readUInt32BE(at) ^ 0x80000000) * 2 ** 32 + bytes.readUInt32BE(at + 4)

/** A time as the beginning of keys that lie in the order of their times. */
export function timeKey(timeMs: number): Buffer {
  const key = Buffer.allocUnsafe(timeBytes)
  writeOrdered(key, Math.max(timeMs, Number.MIN_SAFE_INTEGER), 0)
  return key
}

/** A timestamped store's value: the time, then the serde's bytes. */
export function timestampedBytes(timestampMs: number, value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(timeBytes + value.length)
  writeOrdered(bytes, timestampMs, 0)
  value.copy(bytes, timeBytes)
  return bytes
}

export const timestampOf = (value: Buffer): number => readOrdered(value, 0)

/** The serde's bytes in a timestamped store's value. */
export const payloadOf = (value: Buffer): Buffer => value.subarray(timeBytes)

const noBytes = Buffer.alloc(0)

/** What the keys of all entries of a window store's key start with; before it the bytes of `before`. */
export function windowPrefix(key: string, before: Buffer = noBytes): Buffer {
  const length = Buffer.byteLength(key, 'utf8')
  const prefix = Buffer.allocUnsafe(before.length + lengthBytes + length)
  before.copy(prefix)
  prefix.writeUInt32BE(length, before.length)
  prefix.write(key, before.length + lengthBytes, 'utf8')
  return prefix
}

/** The key of one entry. */
export function windowKey(prefix: Buffer, timeMs: number, offset: number): Buffer {
  const bytes = Buffer.allocUnsafe(prefix.length + rowBytes)
  prefix.copy(bytes)
  writeOrdered(bytes, timeMs, prefix.length)
  writeOrdered(bytes, offset, prefix.length + timeBytes)
  return bytes
}

/** Bounds of the entries from `fromMs` to `toMs`, both inclusive; infinities are allowed. */
export const windowRange = (prefix: Buffer, fromMs: number, toMs: number): KeyRange => ({
  gte: windowKey(prefix, Math.max(fromMs, Number.MIN_SAFE_INTEGER), Number.MIN_SAFE_INTEGER),
  // The first key after the last possible one: that with a zero byte more.
  lt: Buffer.concat([windowKey(prefix, Math.min(toMs, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER), zeroByte]),
})

export const windowTimeOf = (key: Buffer): number => readOrdered(key, key.length - rowBytes)

export const windowOffsetOf = (key: Buffer): number => readOrdered(key, key.length - timeBytes)

/** The store's key in the key of one entry. */
export const windowKeyOf = (key: Buffer): string => key.toString('utf8', lengthBytes, key.length - rowBytes)
