import { readOrdered, writeOrdered } from '../keys.ts'

/**
 * Ids that were taken in one batch lie in the database as one entry, a page: for each the length of its text (4 bytes), its
 * offset and its time (8 bytes each, all little-endian), and the text in UTF-8. The page's key is the latest of its times and its
 * first offset, so that pages lie in the order in which they can be forgotten.
 */

const fixedBytes = 4 + 8 + 8
/** A page that is longer than this is full. */
const fullBytes = 64 * 1024
/** UTF-8 takes at most three bytes a code unit. */
const mostBytesPerUnit = 3

export interface Sighting {
  readonly offset: number
  readonly timeMs: number
}

/** A page as its task knows it. */
export class IdPage {
  readonly firstOffset: number
  latestMs = Number.NEGATIVE_INFINITY
  /** While it is in memory. */
  bytes: Buffer | undefined

  constructor(firstOffset: number) {
    this.firstOffset = firstOffset
  }

  static of(key: Buffer): IdPage {
    const page = new IdPage(readOrdered(key, 8))
    page.latestMs = readOrdered(key, 0)
    return page
  }

  get key(): Buffer {
    const key = Buffer.allocUnsafe(16)
    writeOrdered(key, this.latestMs, 0)
    writeOrdered(key, this.firstOffset, 8)
    return key
  }
}

/** When the last id of a page can be forgotten, by its key. */
export const pageTimeOf = (key: Buffer): number => readOrdered(key, 0)

/** Fills one page at a time. */
export class IdPageWriter {
  #bytes = Buffer.allocUnsafeSlow(fullBytes + 4096)
  #at = 0

  get isFull(): boolean {
    return this.#at >= fullBytes
  }

  /** What was added since the last `take`; changes with the next `add`. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  add(id: string, { offset, timeMs }: Sighting): void {
    const needed = this.#at + fixedBytes + mostBytesPerUnit * id.length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(needed)
      this.#bytes.copy(larger, 0, 0, this.#at)
      this.#bytes = larger
    }
    const bytes = this.#bytes
    const start = this.#at
    const length = bytes.write(id, start + fixedBytes, 'utf8')
    bytes.writeUInt32LE(length, start)
    bytes.writeDoubleLE(offset, start + 4)
    bytes.writeDoubleLE(timeMs, start + 12)
    this.#at = start + fixedBytes + length
  }

  /** A copy of the page; the next one begins. */
  take(): Buffer {
    // Not from the pool that others share: a page is held for long.
    const page = Buffer.allocUnsafeSlow(this.#at)
    page.set(this.view)
    this.#at = 0
    return page
  }
}

/** The last sighting of the id in a page. */
export function findInPage(page: Buffer, id: Buffer): Sighting | undefined {
  let found = -1
  for (let at = 0; at < page.length; ) {
    const length = page.readUInt32LE(at)
    const end = at + fixedBytes + length
    if (length === id.length && page.compare(id, 0, length, at + fixedBytes, end) === 0) found = at
    at = end
  }
  return found < 0 ? undefined : { offset: page.readDoubleLE(found + 4), timeMs: page.readDoubleLE(found + 12) }
}

export function eachInPage(page: Buffer, take: (id: string, timeMs: number) => void): void {
  for (let at = 0; at < page.length; ) {
    const end = at + fixedBytes + page.readUInt32LE(at)
    take(page.toString('utf8', at + fixedBytes, end), page.readDoubleLE(at + 12))
    at = end
  }
}
