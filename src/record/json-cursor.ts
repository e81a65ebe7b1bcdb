/** The characters of JSON's structure, and what `peek` says at the end. */
export const signs = {
  end: -1,
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const zero = 0x30
const nine = 0x39
const letterE = 0x65
/** The bit by which a small letter differs from the capital. */
const smallLetter = 0x20

/** 1 for bytes that stand for themselves within a string: ASCII without `"`, `\` and control characters. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== signs.quote && byte !== signs.backslash ? 1 : 0,
)

/** Whole numbers of so many digits are exact, and so are these powers of ten: their quotient is rounded once, correctly. */
const exactDigits = 15
const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, exponent) => 10 ** exponent)

/** A longer part of a text holds on to all of it (V8's sliced strings), however long the part lives. */
const longestPart = 12

interface Word {
  readonly bytes: Uint8Array
  readonly value: boolean | null
}

/** By their first byte. */
const words: readonly (Word | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  [true, false, null]
    .map((value): Word => ({ bytes: Buffer.from(String(value)), value }))
    .find(({ bytes }) => bytes[0] === byte),
)

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine

/**
 * Goes through plain JSON in bytes, a token at a time. Plain is ASCII without escapes in its strings; all else is refused,
 * valid or not.
 */
export class JsonCursor {
  readonly #bytes: Buffer
  readonly #from: number
  readonly #to: number
  #at: number
  #text = ''

  /** At the start of `bytes[from, to)`. */
  constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes
    this.#from = from
    this.#to = to
    this.#at = from
  }

  /** The next byte that is no white space, without passing it. */
  peek(): number {
    const bytes = this.#bytes
    let at = this.#at
    for (; at < this.#to; at++) {
      const byte = bytes[at]!
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.#at = at
        return byte
      }
    }
    this.#at = at
    return signs.end
  }

  /** Passes the byte that was peeked. */
  pass(): void {
    this.#at++
  }

  /** Passes `expected` if it comes next. */
  passAll(expected: Uint8Array): boolean {
    const { length } = expected
    const at = this.#at
    if (at + length > this.#to) return false
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false
    this.#at = at + length
    return true
  }

  /** Passes the string that begins here; false when it is not plain. */
  skipString(): boolean {
    const bytes = this.#bytes
    const to = this.#to
    let at = this.#at + 1
    while (at < to && plain[bytes[at]!] === 1) at++
    this.#at = at + 1
    return at < to && bytes[at] === signs.quote
  }

  /** The string that begins here, `undefined` when it is not plain. */
  string(): string | undefined {
    const from = this.#at + 1
    if (!this.skipString()) return undefined
    const to = this.#at - 1
    if (to - from > longestPart) return this.#bytes.toString('latin1', from, to)
    if (this.#text === '') this.#text = this.#bytes.toString('latin1', this.#from, this.#to)
    return this.#text.substring(from - this.#from, to - this.#from)
  }

  /** The word or number that is next, `undefined` when it is something else. */
  wordOrNumber(): number | boolean | null | undefined {
    const word = words[this.peek()]
    if (word !== undefined) return this.passAll(word.bytes) ? word.value : undefined
    const number = this.#number()
    return Number.isNaN(number) ? undefined : number
  }

  /** NaN when there is none. */
  #number(): number {
    const bytes = this.#bytes
    const to = this.#to
    const from = this.#at
    const isNegative = bytes[from] === minus
    const first = isNegative ? from + 1 : from
    let at = first
    let size = 0
    for (; at < to && isDigit(bytes[at]); at++) size = size * 10 + bytes[at]! - zero
    let digits = at - first
    if (digits === 0 || (digits > 1 && bytes[first] === zero)) return Number.NaN
    let decimals = 0
    if (at < to && bytes[at] === point) {
      for (at++; at < to && isDigit(bytes[at]); at++, decimals++) size = size * 10 + bytes[at]! - zero
      if (decimals === 0) return Number.NaN
      digits += decimals
    }
    const hasExponent = at < to && (bytes[at]! | smallLetter) === letterE
    if (hasExponent) {
      at++
      if (at < to && (bytes[at] === minus || bytes[at] === plus)) at++
      while (at < to && isDigit(bytes[at])) at++
    }
    this.#at = at
    // An exponent without digits is NaN here.
    if (hasExponent || digits > exactDigits) return Number(bytes.toString('latin1', from, at))
    if (decimals > 0) size /= powersOfTen[decimals]!
    return isNegative ? -size : size
  }
}
