import { parseTimeHeader } from '../time/event-time.ts'

const zero = 0x30
/** Any number of so many digits is exact, and a time. */
const mostDigits = 15

/** Reads the `time` header in `bytes[from, to)`: what `parseTimeHeader` says of its text, without making it for epoch ms. */
export function timeInHeader(bytes: Buffer, from = 0, to = bytes.length): number | undefined {
  const length = to - from
  if (length === 0 || length > mostDigits) return parseTimeHeader(bytes.toString('latin1', from, to))
  let ms = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - zero
    if (digit < 0 || digit > 9) return parseTimeHeader(bytes.toString('latin1', from, to))
    ms = ms * 10 + digit
  }
  return ms
}
