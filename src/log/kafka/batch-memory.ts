/** More is kept for no one: a commit behind seldom needs it. */
const mostKeptBytes = 4 * 1024 * 1024

/**
 * Memory for the batches of one append, used again for the next one: new memory each time would grow old until its answers come, and
 * wait for a full collection.
 */
export class BatchMemory {
  #kept = Buffer.alloc(0)
  #at = 0

  /** Bytes that are the caller's until `freeAll`; what they hold is arbitrary. */
  take(length: number): Buffer {
    const at = this.#at
    this.#at += length
    return this.#at <= this.#kept.length ? this.#kept.subarray(at, this.#at) : Buffer.allocUnsafeSlow(length)
  }

  /** Nobody needs any more what was taken: not even a socket that still writes. */
  freeAll(): void {
    const neededBytes = Math.min(this.#at, mostKeptBytes)
    if (neededBytes > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(neededBytes)
    this.#at = 0
  }
}
