import { SerdeError } from '../errors.ts'

/**
 * Values of fields as bytes: a tag, then what it says. A short length is one byte, a long one is 255 and four bytes; all
 * numbers are little-endian. The same value gives the same bytes.
 */
const tags = { absent: 0, number: 1, ascii: 2, utf8: 3, utf16: 4, false: 5, true: 6, geo: 7, list: 8 } as const

const longLength = 255
/** UTF-8 takes at most three bytes a code unit, so that the length of such a text fits in one byte. */
const shortUnits = 84

/** Appends values to one buffer, from which each result is copied. */
export class ValueWriter {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #at = 0

  begin(): void {
    this.#at = 0
  }

  /** What was appended since `begin`. */
  end(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#at)
    this.#bytes.copy(bytes, 0, 0, this.#at)
    return bytes
  }

  /** The same, one byte a character. */
  endPacked(): string {
    return this.#bytes.toString('latin1', 0, this.#at)
  }

  number(value: number): void {
    this.#room(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  text(value: string): void {
    this.#room(8 + 3 * value.length)
    const start = this.#at
    if (value.length <= shortUnits && this.#ascii(value)) return
    this.#at = start
    if (!value.isWellFormed()) {
      // UTF-8 cannot say half a surrogate pair.
      this.#length(tags.utf16, 2 * value.length)
      this.#at += this.#bytes.write(value, this.#at, 'utf16le')
    } else {
      this.#length(tags.utf8, Buffer.byteLength(value))
      this.#at += this.#bytes.write(value, this.#at, 'utf8')
    }
  }

  /** @throws SerdeError for what no field holds */
  value(value: unknown): void {
    this.#room(1)
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') {
      this.#bytes[this.#at++] = tags.number
      this.number(value)
    } else if (value === undefined) this.#bytes[this.#at++] = tags.absent
    else if (typeof value === 'boolean') this.#bytes[this.#at++] = value ? tags.true : tags.false
    else if (Array.isArray(value)) {
      this.#room(6)
      this.#length(tags.list, value.length)
      for (const element of value) this.value(element)
    } else this.#geo(value)
  }

  #geo(value: unknown): void {
    const { lat, lon } = value as { readonly lat?: unknown; readonly lon?: unknown }
    if (typeof lat !== 'number' || typeof lon !== 'number')
      throw new SerdeError('a value to be kept is neither text, number, truth value, geo nor list')
    this.#bytes[this.#at++] = tags.geo
    this.number(lat)
    this.number(lon)
  }

  /** Short texts are mostly ASCII, and those are copied sooner than handed over. */
  #ascii(value: string): boolean {
    const bytes = this.#bytes
    bytes[this.#at++] = tags.ascii
    bytes[this.#at++] = value.length
    for (let n = 0; n < value.length; n++) {
      const code = value.charCodeAt(n)
      if (code >= 0x80) return false
      bytes[this.#at++] = code
    }
    return true
  }

  #length(tag: number, length: number): void {
    this.#bytes[this.#at++] = tag
    if (length < longLength) this.#bytes[this.#at++] = length
    else {
      this.#bytes[this.#at++] = longLength
      this.#at = this.#bytes.writeUInt32LE(length, this.#at)
    }
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

const numberBytes = new DataView(new ArrayBuffer(8))

/** Reads what a `ValueWriter` appended, in the same order, from a text of one byte a character. */
export class ValueReader {
  #packed = ''
  #at = 0

  begin(packed: string): void {
    this.#packed = packed
    this.#at = 0
  }

  get isAtEnd(): boolean {
    return this.#at === this.#packed.length
  }

  number(): number {
    for (let n = 0; n < 8; n++) numberBytes.setUint8(n, this.#byte())
    return numberBytes.getFloat64(0, true)
  }

  text(): string {
    const value = this.value()
    if (typeof value !== 'string') throw new SerdeError('there is no text where one must be')
    return value
  }

  /** @throws SerdeError when the bytes are damaged */
  value(): unknown {
    const tag = this.#byte()
    switch (tag) {
      case tags.absent:
        return undefined
      case tags.number:
        return this.number()
      case tags.ascii:
        return this.#bytes()
      case tags.utf8:
        return Buffer.from(this.#bytes(), 'latin1').toString('utf8')
      case tags.utf16:
        return Buffer.from(this.#bytes(), 'latin1').toString('utf16le')
      case tags.false:
        return false
      case tags.true:
        return true
      case tags.geo:
        return { lat: this.number(), lon: this.number() }
      case tags.list: {
        const values: unknown[] = []
        for (let left = this.#length(); left > 0; left--) values.push(this.value())
        return values
      }
      default:
        throw new SerdeError(`${tag} is no tag of a value`)
    }
  }

  #byte(): number {
    if (this.#at >= this.#packed.length) throw new SerdeError('a value is cut off')
    return this.#packed.charCodeAt(this.#at++)
  }

  /** As many as the length before them says. */
  #bytes(): string {
    const end = this.#length() + this.#at
    if (end > this.#packed.length) throw new SerdeError('a text is cut off')
    const bytes = this.#packed.slice(this.#at, end)
    this.#at = end
    return bytes
  }

  #length(): number {
    const short = this.#byte()
    if (short !== longLength) return short
    let length = 0
    for (let n = 0; n < 4; n++) length += this.#byte() * 2 ** (8 * n)
    return length
  }
}
