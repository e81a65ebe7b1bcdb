const rememberedPlaces = 64

interface KnownName {
  readonly text: string
  readonly bytes: Buffer
}

/**
 * Turns header names into strings. Records of a topic have the same headers in the same order, so the name last seen
 * at a place is tried first: no string is made for a name that comes again. Names are made lower case.
 */
export class HeaderReader {
  readonly #last: KnownName[] = []

  /** The name at `bytes[from, from + length)`, which is the record's header number `index`. */
  name(bytes: Buffer, from: number, length: number, index: number): string {
    const last = this.#last[index]
    if (last !== undefined && isAt(last.bytes, bytes, from, length)) return last.text
    const text = bytes.toString('utf8', from, from + length).toLowerCase()
    // The name's own bytes, copied: keeping a view would keep a whole response in memory.
    if (index < rememberedPlaces) this.#last[index] = { text, bytes: Buffer.from(bytes.subarray(from, from + length)) }
    return text
  }
}

function isAt(name: Buffer, bytes: Buffer, from: number, length: number): boolean {
  if (name.length !== length) return false
  for (let i = 0; i < length; i++) if (name[i] !== bytes[from + i]) return false
  return true
}
