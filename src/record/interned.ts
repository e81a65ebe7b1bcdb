import type { FieldView } from './field-view.ts'
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
  read(view: FieldView): string | undefined {
    const { bytes, from, to, length } = view
    if (length > longest) return isText(bytes, from, to) ? view.text() : undefined
    let hash = length
    for (let at = from; at < to; at++) hash = Math.imul(hash, 31) + bytes[at]!
    const slot = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (slots - 1)
    const known = this.#known[slot]
    if (known !== undefined && view.equals(known.bytes)) return known.text
    if (!isText(bytes, from, to)) return undefined
    const text = view.text()
    this.#known[slot] = { bytes: Buffer.from(text), text }
    return text
  }
}
