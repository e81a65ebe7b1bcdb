interface Sized {
  readonly log: { readonly size: number }
}

interface Held<W> {
  readonly window: W
  /** In which it was used last. */
  batch: number
  /** Since it came, or was passed over. */
  isUsed: boolean
  size: number
}

/** Counts as entries what a window costs however few it has. */
const windowEntries = 8
/** How many windows one call looks at to find some that can go. */
const mostVisits = 16

/**
 * Windows by key, those used lately; bounded by entries. What a batch has been told is in memory stays until the next batch,
 * since nothing else was prefetched for it.
 */
export class WindowCache<W extends Sized> {
  readonly #maxEntries: number
  /** Those that came, or were passed over, longest ago first. */
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
    let held = this.#held.get(key)
    if (held === undefined) {
      held = { window: load(), batch: 0, isUsed: false, size: 0 }
      this.#held.set(key, held)
    } else held.isUsed = true
    held.batch = this.#batch
    this.#last = held
    return held.window
  }

  /** Takes note of the size of the window used last, and drops others beyond the bound: first those not used for long. */
  trim(): void {
    const last = this.#last
    if (last === undefined) return
    const size = last.window.log.size + windowEntries
    this.#entries += size - last.size
    last.size = size
    if (this.#entries > this.#maxEntries) this.#evict()
  }

  #evict(): void {
    let visits = 0
    for (const [key, held] of this.#held) {
      if (this.#entries <= this.#maxEntries || visits++ === mostVisits) return
      this.#held.delete(key)
      if (held.isUsed || held.batch === this.#batch) {
        // Its second chance: moving each one at each use would cost more than what is found by it.
        held.isUsed = false
        this.#held.set(key, held)
      } else this.#entries -= held.size
    }
  }
}
