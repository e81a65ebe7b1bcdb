/** A newest-first look-back that reads no further than asked, and at most `limit` candidates, however often it is walked. */
export class Candidates<T> {
  readonly #source: Iterator<T, void>
  readonly #limit: number
  readonly #read: T[] = []
  #ended = false

  constructor(source: Iterator<T, void>, limit: number) {
    this.#source = source
    this.#limit = limit
  }

  /** The candidate at `index`, the newest at 0; `undefined` at the end or at the limit. */
  at(index: number): T | undefined {
    while (index >= this.#read.length && index < this.#limit && this.#pull());
    return index < this.#limit ? this.#read[index] : undefined
  }

  /** True when there are more than the limit lets through. */
  get cut(): boolean {
    while (this.#read.length <= this.#limit && this.#pull());
    return this.#read.length > this.#limit
  }

  #pull(): boolean {
    if (this.#ended) return false
    const { done, value } = this.#source.next()
    if (done) this.#ended = true
    else this.#read.push(value)
    return !done
  }
}
