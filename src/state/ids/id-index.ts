import { hashed, hashText } from '../text-hash.ts'
import type { IdPage } from './id-page.ts'

const firstSlots = 1 << 14
const mostSlots = 1 << 20
/** Part of the slots that may be taken. */
const mostLoad = 0.75
/** A slot holds 16 bits of an id's hash and the number of its page, from 1; 0 is a free slot. */
const mostPages = 0xffff

const noPages: readonly IdPage[] = []

/** Where ids are that were added one after another. */
class Generation {
  readonly slots: number
  readonly #table: Uint32Array
  readonly #pages: IdPage[] = []
  #count = 0
  latestMs = Number.NEGATIVE_INFINITY

  constructor(slots: number) {
    this.slots = slots
    this.#table = new Uint32Array(slots)
  }

  get isFull(): boolean {
    return this.#count >= mostLoad * this.slots || this.#pages.length >= mostPages
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** The id hashed last. */
  add(page: IdPage, timeMs: number): void {
    if (this.#pages.at(-1) !== page) this.#pages.push(page)
    if (timeMs > this.latestMs) this.latestMs = timeMs
    const table = this.#table
    const mask = this.slots - 1
    let at = hashed.block & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = (hashed.bits & 0xffff0000) | this.#pages.length
    this.#count++
  }

  /** Of the id hashed last: `found`, and the pages where it may be. */
  find(found: readonly IdPage[]): readonly IdPage[] {
    let pages = found
    const table = this.#table
    const mask = this.slots - 1
    const bits = hashed.bits >>> 16
    for (let at = hashed.block & mask; table[at] !== 0; at = (at + 1) & mask) {
      const slot = table[at]!
      if (slot >>> 16 !== bits) continue
      const page = this.#pages[(slot & 0xffff) - 1]!
      if (!pages.includes(page)) pages = [...pages, page]
    }
    return pages
  }
}

/**
 * Tells in which pages an id may be: in about 1 of 10,000 times a page that does not have it. Takes 5 to 20 bytes an id, in
 * generations, each dropped when the latest of its times is past.
 */
export class IdIndex {
  #generations = [new Generation(firstSlots)]

  add(id: string, page: IdPage, timeMs: number): void {
    hashText(id)
    let newest = this.#generations.at(-1)!
    if (newest.isFull) {
      // Each generation is looked at for each id: few large ones take less than many.
      newest = new Generation(Math.min(4 * newest.slots, mostSlots))
      this.#generations.push(newest)
    }
    newest.add(page, timeMs)
  }

  pagesOf(id: string): readonly IdPage[] {
    hashText(id)
    let pages = noPages
    for (const generation of this.#generations) pages = generation.find(pages)
    return pages
  }

  /** From now on nobody asks for what lies before this time. */
  forgetBefore(timeMs: number): void {
    const generations = this.#generations
    const newest = generations.at(-1)!
    // The newest goes on filling up.
    const kept = generations.filter((each) => each === newest || each.latestMs >= timeMs)
    if (kept.length === 1 && !newest.isEmpty && newest.latestMs < timeMs) kept[0] = new Generation(newest.slots)
    this.#generations = kept
  }
}
