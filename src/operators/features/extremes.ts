import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

/** The smallest and largest number of a column in a window: whole chunks from memory, the two at its ends entry by entry. */
export class Extremes implements ChunkIndex {
  readonly #log: WindowLog
  readonly #column: number
  /** For each chunk its extremes, once worked out. */
  readonly #chunks: (Range | undefined)[] = []

  constructor(log: WindowLog, column: number) {
    this.#log = log
    this.#column = column
    log.watch(this)
  }

  /** `undefined` when no entry of the window has a number; NaN when one of them is NaN. */
  between(from: Position, to: Position): Range | undefined {
    let range: Range | undefined
    for (let chunk = from.chunk; chunk <= to.chunk && chunk < this.#log.chunks.length; chunk++) {
      const start = chunk === from.chunk ? from.index : 0
      const whole = this.#log.chunks[chunk]!.timesMs.length
      const end = chunk === to.chunk ? to.index : whole
      if (start === 0 && end === whole) this.#chunks[chunk] ??= this.#scan(chunk, 0, whole)
      range = union(range, start === 0 && end === whole ? this.#chunks[chunk] : this.#scan(chunk, start, end))
    }
    return range
  }

  changed({ chunk }: Position): void {
    this.#chunks[chunk] = undefined
  }

  split({ chunk }: Position): void {
    this.#chunks[chunk] = undefined
    this.#chunks.splice(chunk + 1, 0, undefined)
  }

  dropped(chunks: number): void {
    this.#chunks.splice(0, chunks)
  }

  #scan(chunk: number, start: number, end: number): Range | undefined {
    const values = this.#log.chunks[chunk]!.values[this.#column]!
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    let found = false
    for (let at = start; at < end; at++) {
      const value = values[at]
      if (typeof value !== 'number') continue
      found = true
      min = Math.min(min, value)
      max = Math.max(max, value)
    }
    return found ? { min, max } : undefined
  }
}

export interface Range {
  readonly min: number
  readonly max: number
}

function union(a: Range | undefined, b: Range | undefined): Range | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}
