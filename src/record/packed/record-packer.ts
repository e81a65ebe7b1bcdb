import type { Headers } from '../record.ts'
import { type PackedPlace, PackedRecord } from './packed-record.ts'
import { TextWriter } from './text-writer.ts'
import { varIntBytes, writeVarInt } from './var-ints.ts'

/** A text of fewer characters, all ASCII, has its length in one byte. */
const oneByteLength = 64
/** What the length of most values takes. */
const usualLengthBytes = 2

/** Some headers, packed. */
export interface HeaderBlock {
  readonly count: number
  readonly bytes: Buffer
}

/**
 * Packs records for `PackedRecord`, each by its parts in their order: key, value, the number of headers, headers. Records share
 * memory by the chunk.
 */
export class RecordPacker {
  readonly #out = new TextWriter()

  begin(): void {
    this.#out.begin()
  }

  /** A field that is text. */
  text(text: string): void {
    const out = this.#out
    const { length } = text
    out.reserve(5 + 3 * length)
    const lengthAt = out.at
    out.at++
    out.text(text)
    const written = out.at - lengthAt - 1
    if (written < oneByteLength) writeVarInt(out.bytes, lengthAt, written)
    else this.#setLength(lengthAt, 1)
  }

  /** A field that `write` writes. */
  written(write: (out: TextWriter) => void): void {
    const out = this.#out
    out.reserve(usualLengthBytes)
    // The record may move while it is written.
    const lengthAt = out.at - out.start
    out.at += usualLengthBytes
    write(out)
    this.#setLength(out.start + lengthAt, usualLengthBytes)
  }

  headerCount(count: number): void {
    this.#out.reserve(5)
    this.#out.at = writeVarInt(this.#out.bytes, this.#out.at, count)
  }

  headers({ bytes }: HeaderBlock): void {
    this.#out.raw(bytes)
  }

  /** What has been packed of the record in hand. */
  end(place: PackedPlace): PackedRecord {
    const { bytes, start, at } = this.#out
    return new PackedRecord(place, bytes, start, at)
  }

  /** Writes the length of the field behind it, for which `reserved` bytes were left at `lengthAt`. */
  #setLength(lengthAt: number, reserved: number): void {
    const out = this.#out
    const length = out.at - lengthAt - reserved
    const needed = varIntBytes(length)
    let from = lengthAt
    if (needed !== reserved) {
      const before = lengthAt - out.start
      out.reserve(needed)
      from = out.start + before
      out.bytes.copyWithin(from + needed, from + reserved, out.at)
      out.at += needed - reserved
    }
    writeVarInt(out.bytes, from, length)
  }
}

const blocks = new RecordPacker()

/** Packs headers that come with many records. */
export function headerBlock(headers: Headers): HeaderBlock {
  const names = Object.keys(headers)
  blocks.begin()
  for (const name of names) {
    blocks.text(name)
    blocks.written((out) => out.raw(headers[name]!))
  }
  const { bytes, from, to } = blocks.end({ topic: '', partition: 0 })
  return { count: names.length, bytes: bytes.subarray(from, to) }
}

/** The block of headers that are the same object for many records in a row. */
export class LastHeaderBlock {
  #headers: Headers | undefined
  #block: HeaderBlock | undefined

  of(headers: Headers): HeaderBlock {
    if (headers !== this.#headers) this.#block = undefined
    this.#headers = headers
    this.#block ??= headerBlock(headers)
    return this.#block
  }
}
