import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLine, LinePlacement, type LineTarget, readLines } from '../record/json-lines.ts'
import type { LogRecord } from '../record/record.ts'

/** Characters of a partition that are written together. */
const chunkLength = 1 << 18

/** Lines put aside by partition, to be read more than once, or in another order than the file's. */
export class SpooledLines {
  readonly #target: LineTarget
  readonly #folder: string
  readonly #parts: readonly FileHandle[]
  /** What is not written yet, by partition. */
  readonly #waiting: string[]

  private constructor(target: LineTarget, folder: string, parts: readonly FileHandle[]) {
    this.#target = target
    this.#folder = folder
    this.#parts = parts
    this.#waiting = parts.map(() => '')
  }

  /** @param within the back-test's folder */
  static async open(target: LineTarget, within: string): Promise<SpooledLines> {
    const folder = await mkdtemp(join(within, 'lines-'))
    const names = Array.from({ length: target.partitions }, (_, partition) => pathOf(folder, partition))
    return new SpooledLines(target, folder, await Promise.all(names.map((name) => open(name, 'w'))))
  }

  /** Puts a line aside that lies on this partition. */
  async add(partition: number, text: string): Promise<void> {
    this.#waiting[partition] += `${text}\n`
    if (this.#waiting[partition]!.length >= chunkLength) await this.#write(partition)
  }

  /** Ends adding. */
  async finish(): Promise<void> {
    for (const partition of this.#parts.keys()) await this.#write(partition)
  }

  /**
   * All records, each partition's in the order of its lines, partitions merged by (timestamp, partition, offset): of the
   * partitions' next records comes the one whose log timestamp is lowest.
   */
  async *merged(): AsyncGenerator<LogRecord> {
    const placement = new LinePlacement(this.#target)
    const parts = this.#parts.map((_, partition) => this.#records(partition, placement))
    const heads = await Promise.all(parts.map(async (part) => (await part.next()).value))
    for (;;) {
      const next = firstOf(heads)
      if (next === undefined) return
      yield next
      heads[next.partition] = (await parts[next.partition]!.next()).value
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#parts.map((part) => part.close()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async *#records(partition: number, placement: LinePlacement): AsyncGenerator<LogRecord, undefined> {
    for await (const { text } of readLines(pathOf(this.#folder, partition))) yield placement.place(decodeLine(text))
  }

  async #write(partition: number): Promise<void> {
    const text = this.#waiting[partition]!
    this.#waiting[partition] = ''
    await this.#parts[partition]!.write(text)
  }
}

const pathOf = (folder: string, partition: number): string => join(folder, `${partition}.jsonl`)

/** One head a partition, in their order: the first of equal timestamps is the one of the lower partition. */
function firstOf(heads: readonly (LogRecord | undefined)[]): LogRecord | undefined {
  let first: LogRecord | undefined
  for (const head of heads) {
    if (head !== undefined && (first === undefined || head.timestampMs < first.timestampMs)) first = head
  }
  return first
}
