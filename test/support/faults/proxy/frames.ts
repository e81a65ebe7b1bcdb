/** Cuts a stream of bytes into Kafka's frames: four bytes of length, then so many bytes. */
export class FrameReader {
  #parts: Buffer[] = []
  #bytes = 0

  /** The frames that are complete now, their length included. */
  read(chunk: Buffer): Buffer[] {
    this.#parts.push(chunk)
    this.#bytes += chunk.length
    const frames: Buffer[] = []
    for (let wanted = this.#nextBytes(); wanted <= this.#bytes; wanted = this.#nextBytes()) {
      const all = Buffer.concat(this.#parts)
      frames.push(all.subarray(0, wanted))
      this.#parts = [all.subarray(wanted)]
      this.#bytes = all.length - wanted
    }
    return frames
  }

  #nextBytes(): number {
    if (this.#bytes < 4) return Number.POSITIVE_INFINITY
    if (this.#parts[0]!.length < 4) this.#parts = [Buffer.concat(this.#parts)]
    return 4 + this.#parts[0]!.readInt32BE(0)
  }
}

/** Reads the types of Kafka's protocol, one after another. */
export class FieldReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  skip(bytes: number): this {
    this.#at += bytes
    return this
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  /** The empty string stands for null, too. */
  string(): string {
    const length = Math.max(0, this.int16())
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  /** Passes bytes with their length before them. */
  skipBytes(): this {
    return this.skip(Math.max(0, this.int32()))
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }
}

/** Pieces of an answer, by their types in Kafka's protocol. */
export const field = {
  int16(value: number): Buffer {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    return bytes
  },
  int32(value: number): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  },
  int64(value: number): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  },
  string(text: string): Buffer {
    return Buffer.concat([field.int16(Buffer.byteLength(text)), Buffer.from(text)])
  },
  array<T>(items: readonly T[], write: (item: T) => Buffer): Buffer {
    return Buffer.concat([field.int32(items.length), ...items.map(write)])
  },
}
