/**
 * What was made of records before their batch, until they are processed, in the order of offsets. Each leaves its place when it is
 * taken: a list that is dropped with all that is in it would, being old itself, keep that alive until the next full garbage collection.
 */
export class Awaited<T extends { readonly offset: number }> {
  readonly #places: (T | undefined)[] = []
  #first = 0
  #end = 0

  add(item: T): void {
    this.#places[this.#end++] = item
  }

  /** What was made of the record with this offset, if anything; those before it are forgotten. */
  take(offset: number): T | undefined {
    let taken: T | undefined
    while (this.#first < this.#end) {
      const next = this.#places[this.#first]!
      if (next.offset > offset) break
      if (next.offset === offset) taken = next
      this.#places[this.#first++] = undefined
    }
    if (this.#first === this.#end) this.#first = this.#end = 0
    return taken
  }
}
