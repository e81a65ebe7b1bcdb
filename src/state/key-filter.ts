import { hashed, hashText } from './text-hash.ts'

const blockWords = 16
const probes = 6
const bitsPerKey = 12

export interface KeyFilterOptions {
  /** Keys of the first generation; each later one has twice as many. Default 16,384. */
  readonly firstKeys?: number
  /** Keys of a generation at most. Default 1,048,576. */
  readonly mostKeys?: number
  /** With more generations at once a question would cost as much as a read: then the filter gives up. Default 16. */
  readonly mostGenerations?: number
}

/** A Bloom filter of some keys, each within one cache line. */
class Generation {
  readonly keys: number
  readonly #words: Uint32Array
  readonly #blocks: number
  count = 0
  latestMs = Number.NEGATIVE_INFINITY

  constructor(keys: number) {
    this.keys = keys
    this.#blocks = Math.ceil((keys * bitsPerKey) / (32 * blockWords))
    this.#words = new Uint32Array(this.#blocks * blockWords)
  }

  /** Of the key hashed last. */
  has(): boolean {
    const words = this.#words
    const block = (hashed.block % this.#blocks) * blockWords
    let bits = hashed.bits
    for (let probe = 0; probe < probes; probe++) {
      if ((words[block + (bits >>> 28)]! & (1 << ((bits >>> 23) & 31))) === 0) return false
      bits = (Math.imul(bits, 0x9e3779b1) + 0x7f4a7c15) >>> 0
    }
    return true
  }

  add(timeMs: number): void {
    if (timeMs > this.latestMs) this.latestMs = timeMs
    if (this.has()) return
    this.count++
    const words = this.#words
    const block = (hashed.block % this.#blocks) * blockWords
    let bits = hashed.bits
    for (let probe = 0; probe < probes; probe++) {
      words[block + (bits >>> 28)]! |= 1 << ((bits >>> 23) & 31)
      bits = (Math.imul(bits, 0x9e3779b1) + 0x7f4a7c15) >>> 0
    }
  }
}

/**
 * Which keys a store may have: it says no only of keys that were not added since it began, or whose times are all past. So
 * most reads of keys that do not exist need no database. About 1 in 100 times it says yes of such a key. Takes 1.5 bytes a
 * key, in generations, each dropped when the latest of its times is past; with very many keys it gives up and says yes of all.
 */
export class KeyFilter {
  readonly #mostKeys: number
  readonly #mostGenerations: number
  #generations: Generation[]
  #gaveUp = false

  constructor({ firstKeys = 16_384, mostKeys = 1_048_576, mostGenerations = 16 }: KeyFilterOptions = {}) {
    this.#mostKeys = mostKeys
    this.#mostGenerations = mostGenerations
    this.#generations = [new Generation(firstKeys)]
  }

  add(key: string, timeMs: number): void {
    if (this.#gaveUp) return
    let newest = this.#generations.at(-1)!
    hashText(key)
    if (newest.count >= newest.keys && !newest.has()) {
      if (this.#generations.length >= this.#mostGenerations) {
        this.#gaveUp = true
        this.#generations = []
        return
      }
      newest = new Generation(Math.min(2 * newest.keys, this.#mostKeys))
      this.#generations.push(newest)
    }
    newest.add(timeMs)
  }

  mayHave(key: string): boolean {
    if (this.#gaveUp) return true
    hashText(key)
    for (let n = this.#generations.length - 1; n >= 0; n--) if (this.#generations[n]!.has()) return true
    return false
  }

  /** From now on nobody asks for what lies before this time. */
  forgetBefore(timeMs: number): void {
    const generations = this.#generations
    const kept = generations.filter(({ count, latestMs }) => count === 0 || latestMs >= timeMs)
    if (kept.length === generations.length || this.#gaveUp) return
    // The newest goes on filling up.
    const newest = generations.at(-1)!
    this.#generations = kept.at(-1) === newest ? kept : [...kept, new Generation(newest.keys)]
  }
}
