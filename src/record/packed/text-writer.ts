const chunkBytes = 256 * 1024
/** Longer texts are written by native code. */
const shortText = 24
const billion = 1_000_000_000
const zero = 0x30

/**
 * Writes text as UTF-8, piece after piece, into memory that grows by the chunk: nothing is put together as a string first,
 * and many small things share one piece of memory. What lies before `begin` stays as and where it is.
 */
export class TextWriter {
  bytes = Buffer.allocUnsafeSlow(chunkBytes)
  /** Where the next byte goes. */
  at = 0
  /** Where what is being written begins. */
  start = 0

  begin(): void {
    this.start = this.at
  }

  /** Makes room for so many bytes; what has been written since `begin` may lie elsewhere afterwards. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const written = this.at - this.start
    const chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, 2 * (written + length)))
    this.bytes.copy(chunk, 0, this.start, this.at)
    this.bytes = chunk
    this.start = 0
    this.at = written
  }

  text(text: string): void {
    const { length } = text
    this.reserve(3 * length)
    if (length > shortText || !this.#ascii(text)) this.at += this.bytes.write(text, this.at)
  }

  /** The text as a JSON string. Half a surrogate pair is written as an escape. */
  quoted(text: string): void {
    const { length } = text
    this.reserve(length + 2)
    const { bytes } = this
    let at = this.at
    bytes[at++] = 0x22
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return this.text(JSON.stringify(text))
      bytes[at++] = code
    }
    bytes[at++] = 0x22
    this.at = at
  }

  /** A number that is a safe integer, not −0, in decimal. */
  integer(value: number): void {
    if (value < 0) return this.text(String(value))
    this.reserve(16)
    const high = Math.floor(value / billion)
    const low = value - high * billion
    if (high > 0) this.#digits(high, digitsOf(high))
    this.#digits(low, high > 0 ? 9 : digitsOf(low))
  }

  raw(piece: Buffer): void {
    const { length } = piece
    this.reserve(length)
    const { bytes, at } = this
    // Calling into native code costs more than copying a few bytes.
    if (length > shortText) bytes.set(piece, at)
    else for (let i = 0; i < length; i++) bytes[at + i] = piece[i]!
    this.at = at + length
  }

  /** False when the text is not ASCII, and then nothing is written. */
  #ascii(text: string): boolean {
    const { bytes, at } = this
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at + i] = code
    }
    this.at = at + text.length
    return true
  }

  #digits(value: number, count: number): void {
    let left = value
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const tenth = (left / 10) | 0
      this.bytes[at] = zero + left - tenth * 10
      left = tenth
    }
    this.at += count
  }
}

/** Of an integer below a billion. */
function digitsOf(value: number): number {
  let digits = 1
  for (let power = 10; value >= power; power *= 10) digits++
  return digits
}
