import { isUtf8 } from 'node:buffer'

const replacement = '\uFFFD'

/** The text in the UTF-8 of `bytes[from, to)`; `undefined` when they are something else (two different keys must not read alike). */
export function decodeText(bytes: Buffer, from = 0, to = bytes.length): string | undefined {
  const text = bytes.toString('utf8', from, to)
  // Only text that shows a replacement character can have had bytes replaced.
  return text.includes(replacement) && !isUtf8(bytes.subarray(from, to)) ? undefined : text
}

/** True when `decodeText` would answer for `bytes[from, to)`, without making the text. */
export function isText(bytes: Buffer, from = 0, to = bytes.length): boolean {
  if (to - from > 64) return isUtf8(bytes.subarray(from, to))
  for (let i = from; i < to; i++) if (bytes[i]! > 0x7f) return isUtf8(bytes.subarray(from, to))
  return true
}

/** Text from outside as a detail may quote it: short, and on one line. */
export function quoted(text: string): string {
  const start = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return JSON.stringify(start.toWellFormed())
}
