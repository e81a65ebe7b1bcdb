const twoTo32 = 2 ** 32

/** SplitMix32: spreads a 32-bit state over well-mixed words; used only to seed. */
const splitMix32 = (state: number) => (): number => {
  state = (state + 0x9e3779b9) >>> 0
  let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

/** FNV-1a of the characters' codes. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

/**
 * A reproducible source of random numbers: xoshiro128** (Blackman and Vigna), seeded by SplitMix32.
 *
 * The same `seed` (an integer from 0 to 2^53 − 1) and `stream` give the same numbers on every machine. Different
 * streams of one seed are independent, so that a part can draw more without changing what another part draws.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number, stream: string) {
    const high = Math.floor(seed / twoTo32)
    const next = splitMix32((hash32(`${stream}/${high}`) ^ seed) >>> 0)
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1 // the all-zero state would stay zero
  }

  /** An integer from 0 to 2^32 − 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return result
  }

  /** A double of 53 random bits, `low <= x < high`. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53
    return low + unit * (high - low)
  }

  /** An integer, `0 <= n < end`. */
  below(end: number): number {
    return Math.floor(this.uniform() * end)
  }

  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  /** Normally distributed (Marsaglia's polar method; the second number of a pair is dropped, so no state hides). */
  normal(mean: number, deviation: number): number {
    for (;;) {
      const u = this.uniform(-1, 1)
      const v = this.uniform(-1, 1)
      const s = u * u + v * v
      if (s > 0 && s < 1) return mean + deviation * u * Math.sqrt((-2 * Math.log(s)) / s)
    }
  }

  /** Poisson distributed, for small means (Knuth's method: its cost grows with the mean). */
  poisson(mean: number): number {
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count++
    return count
  }

  /** `expected` on average: its whole part, plus one with the probability of its fraction. */
  round(expected: number): number {
    const whole = Math.floor(expected)
    return whole + (expected > whole && this.chance(expected - whole) ? 1 : 0)
  }
}
