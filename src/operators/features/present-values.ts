import type { ChunkIndex, Position, WindowLog } from './window-log.ts'

/** How many entries have a value in a column: in each chunk, and before it, as far as asked for. */
export class PresentValues implements ChunkIndex {
  readonly #log: WindowLog
  readonly #column: number
  readonly #counts: (number | undefined)[] = []
  #before: number[] = [0]

  constructor(log: WindowLog, column: number) {
    this.#log = log
    this.#column = column
    log.watch(this)
  }

  /** In one chunk. */
  in(chunk: number): number {
    this.#counts[chunk] ??= this.#countIn(chunk, Number.POSITIVE_INFINITY)
    return this.#counts[chunk]
  }

  /** From one place to a later one. */
  count(from: Position, to: Position): number {
    return this.#upTo(to) - this.#upTo(from)
  }

  changed({ chunk, index }: Position): void {
    if (this.#log.chunks[chunk]!.values[this.#column]![index] === undefined) return
    const count = this.#counts[chunk]
    if (count !== undefined) this.#counts[chunk] = count + 1
    this.#before.length = Math.min(this.#before.length, chunk + 1)
  }

  split({ chunk }: Position): void {
    this.#counts.length = Math.min(this.#counts.length, chunk)
    this.#before.length = Math.min(this.#before.length, chunk + 1)
  }

  dropped(chunks: number): void {
    this.#counts.splice(0, chunks)
    this.#before = [0]
  }

  #upTo({ chunk, index }: Position): number {
    const before = this.#before
    for (let next = before.length; next <= chunk; next++) before.push(before[next - 1]! + this.in(next - 1))
    return before[chunk]! + (index === 0 ? 0 : this.#countIn(chunk, index))
  }

  #countIn(chunk: number, end: number): number {
    const values = this.#log.chunks[chunk]!.values[this.#column]!
    let count = 0
    for (let at = 0; at < values.length && at < end; at++) if (values[at] !== undefined) count++
    return count
  }
}
