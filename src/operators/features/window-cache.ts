interface Sized {
  readonly log: { readonly size: number }
}

interface Held<W> {
  readonly window: W
  batch: number
  size: number
}

/** Counts as entries what a window costs however few it has. */
const windowEntries = 8

/**
 * Windows by key, those used last; bounded by entries. What a batch has been told is in memory stays until the next batch,
 * since nothing else was prefetched for it.
 */
export class WindowCache<W extends Sized> {
  readonly #maxEntries: number
  /** Least recently used first. */
  readonly #held = new Map<string, Held<W>>()
  #entries = 0
  #batch = 0
  #isProcessing = false
  #last: Held<W> | undefined

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** Before a batch: true when the window is in memory, and will be for the whole batch. */
  hold(key: string): boolean {
    if (this.#isProcessing) this.#batch++
    this.#isProcessing = false
    const held = this.#held.get(key)
    if (held !== undefined) held.batch = this.#batch
    return held !== undefined
  }

  get(key: string, load: () => W): W {
    this.#isProcessing = true
    const held = this.#held.get(key) ?? { window: load(), batch: 0, size: 0 }
    this.#held.delete(key)
    this.#held.set(key, held)
    held.batch = this.#batch
    this.#last = held
    return held.window
  }

  /** Takes note of the size of the window used last, and drops others beyond the bound. */
  trim(): void {
    const last = this.#last
    if (last === undefined) return
    const size = last.window.log.size + windowEntries
    this.#entries += size - last.size
    last.size = size
    if (this.#entries <= this.#maxEntries) return
    for (const [key, held] of this.#held) {
      if (this.#entries <= this.#maxEntries || held.batch === this.#batch) return
      this.#held.delete(key)
      this.#entries -= held.size
    }
  }
}
