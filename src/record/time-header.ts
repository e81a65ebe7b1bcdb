import { parseTimeHeader } from '../time/event-time.ts'

const zero = 0x30
/** Any number of so many digits is exact, and a time. */
const mostDigits = 15

/** Reads the `time` header's bytes: what `parseTimeHeader` says of their text, without making it for epoch ms. */
export function timeInHeader(bytes: Buffer): number | undefined {
  const { length } = bytes
  if (length === 0 || length > mostDigits) return parseTimeHeader(bytes.toString('latin1'))
  let ms = 0
  for (let at = 0; at < length; at++) {
    const digit = bytes[at]! - zero
    if (digit < 0 || digit > 9) return parseTimeHeader(bytes.toString('latin1'))
    ms = ms * 10 + digit
  }
  return ms
}
