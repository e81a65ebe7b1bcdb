import type { Entry, KeyRange } from '../engine.ts'

// Small enough that inserting into the middle of a run is cheap, large enough that there are few runs.
const runLength = 512

/** First index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Bytes by key in memory, ordered by the keys' bytes, unsigned. Keys are held as latin1 strings, one character a byte:
 * JavaScript orders and hashes those faster than buffers. The order lives in sorted runs that split when they grow.
 */
export class SortedBytes {
  readonly #values = new Map<string, Buffer>()
  readonly #runs: string[][] = [[]]
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get(key: Buffer): Buffer | undefined {
    return this.#values.get(key.toString('latin1'))
  }

  set(key: Buffer, value: Buffer): void {
    const name = key.toString('latin1')
    const before = this.#values.get(name)
    if (before === undefined) this.#insert(name)
    this.#bytes += before === undefined ? name.length + value.length : value.length - before.length
    this.#values.set(name, value)
  }

  delete(key: Buffer): void {
    const name = key.toString('latin1')
    const before = this.#values.get(name)
    if (before === undefined) return
    this.#bytes -= name.length + before.length
    this.#values.delete(name)
    const at = this.#runOf(name)
    const run = this.#runs[at]!
    run.splice(lowerBound(run, name), 1)
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(at, 1)
  }

  range({ gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY }: KeyRange): Entry[] {
    const from = gte.toString('latin1')
    const to = lt?.toString('latin1')
    const entries: Entry[] = []
    for (const name of reverse ? this.#backward(to) : this.#forward(from)) {
      if (entries.length >= limit || (reverse ? name < from : to !== undefined && name >= to)) break
      entries.push({ key: Buffer.from(name, 'latin1'), value: this.#values.get(name)! })
    }
    return entries
  }

  *#forward(from: string): Generator<string> {
    let at = this.#runOf(from)
    let index = lowerBound(this.#runs[at]!, from)
    for (; at < this.#runs.length; at++, index = 0) {
      const run = this.#runs[at]!
      for (; index < run.length; index++) yield run[index]!
    }
  }

  /** Keys below `to`, the highest first. */
  *#backward(to: string | undefined): Generator<string> {
    let at = to === undefined ? this.#runs.length - 1 : this.#runOf(to)
    let index = (to === undefined ? this.#runs[at]!.length : lowerBound(this.#runs[at]!, to)) - 1
    for (;;) {
      const run = this.#runs[at]!
      for (; index >= 0; index--) yield run[index]!
      if (--at < 0) return
      index = this.#runs[at]!.length - 1
    }
  }

  /** The last run that starts at or below the key; the first one for keys below all. */
  #runOf(name: string): number {
    let low = 0
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#runs[middle]![0]! <= name) low = middle
      else high = middle - 1
    }
    return low
  }

  #insert(name: string): void {
    const at = this.#runOf(name)
    const run = this.#runs[at]!
    if (run.length === 0 || run[run.length - 1]! < name) run.push(name)
    else run.splice(lowerBound(run, name), 0, name)
    if (run.length > runLength) this.#runs.splice(at + 1, 0, run.splice(runLength / 2))
  }
}
