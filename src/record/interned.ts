import { isText } from './text.ts'

const slots = 256
const longest = 64

interface Known {
  readonly bytes: Buffer
  readonly text: string
}

/**
 * Reads texts that come again and again, such as types: the same bytes give the same string, without decoding them anew. It
 * remembers few; others are decoded as ever.
 */
export class InternedTexts {
  readonly #known: (Known | undefined)[] = Array.from({ length: slots }, () => undefined)

  /** `undefined` for bytes that are not UTF-8. */
  read(bytes: Buffer): string | undefined {
    const { length } = bytes
    if (length > longest) return isText(bytes) ? bytes.toString('utf8') : undefined
    let hash = length
    for (let at = 0; at < length; at++) hash = Math.imul(hash, 31) + bytes[at]!
    const slot = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (slots - 1)
    const known = this.#known[slot]
    if (known !== undefined && areEqual(known.bytes, bytes)) return known.text
    if (!isText(bytes)) return undefined
    const text = bytes.toString('utf8')
    // A copy: the record's bytes are part of what was fetched with it.
    this.#known[slot] = { bytes: Buffer.from(bytes), text }
    return text
  }
}

function areEqual(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
