export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

const width = 8
const firstPlaces = 256

/**
 * Times of each of many keys: the span that is known, the one that was asked for, and the latest row's. Those of a key lie together in
 * one line of memory; as fields of a key's object each of them would be an object of its own.
 */
export class SpanTable {
  #times = new Float64Array(width * firstPlaces)
  #end = 0
  readonly #free: number[] = []

  /** A place with two spans of nothing. */
  take(): number {
    const at = this.#free.pop() ?? this.#append()
    this.setLatest(at, Number.NEGATIVE_INFINITY)
    this.know(at, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    this.ask(at, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    return at
  }

  /** The place is for others now. */
  free(at: number): void {
    this.#free.push(at)
  }

  knownFromMs(at: number): number {
    return this.#times[at]!
  }

  knownToMs(at: number): number {
    return this.#times[at + 1]!
  }

  askedFromMs(at: number): number {
    return this.#times[at + 2]!
  }

  askedToMs(at: number): number {
    return this.#times[at + 3]!
  }

  latestMs(at: number): number {
    return this.#times[at + 4]!
  }

  setLatest(at: number, timeMs: number): void {
    this.#times[at + 4] = timeMs
  }

  know(at: number, fromMs: number, toMs: number): void {
    this.#times[at] = fromMs
    this.#times[at + 1] = toMs
  }

  ask(at: number, fromMs: number, toMs: number): void {
    this.#times[at + 2] = fromMs
    this.#times[at + 3] = toMs
  }

  #append(): number {
    const at = this.#end
    this.#end += width
    if (this.#end > this.#times.length) {
      const larger = new Float64Array(2 * this.#times.length)
      larger.set(this.#times)
      this.#times = larger
    }
    return at
  }
}
