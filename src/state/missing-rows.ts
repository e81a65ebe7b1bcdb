import type { StateCache } from './cache.ts'
import type { Entry, KeyRange, StateDb } from './engine.ts'
import type { KeyRows } from './key-rows.ts'
import { windowOffsetOf, windowTimeOf } from './keys.ts'
import type { Span } from './span-table.ts'
import type { WindowColumn } from './window-column.ts'

export interface MissingRowsOptions {
  readonly db: StateDb
  readonly name: string
  readonly cache: StateCache
  readonly column: WindowColumn
}

/** A span of a key that is to be read. With `onwards` also what is later, if that is little. */
interface Gap extends Span {
  readonly held: KeyRows
  readonly onwards: boolean
}

/** So many entries are read in one go where a key's last ones are wanted. */
const lastEntries = 256

/** Reads from the database what a batch asked for and the cache does not know. */
export class MissingRows {
  readonly #options: MissingRowsOptions
  #wishes = new Set<KeyRows>()
  #discards = 0

  constructor(options: MissingRowsOptions) {
    this.#options = options
  }

  /** Takes note of a key whose span that was asked for is not known. */
  add(held: KeyRows): void {
    this.#wishes.add(held)
  }

  /** Reads, for all keys in one go. */
  async load(streamTimeMs: number): Promise<void> {
    const { db, name, cache } = this.#options
    const discards = this.#discards
    let gaps: Gap[] = []
    for (const held of this.#wishes) {
      for (const span of held.missing())
        gaps.push({ held, ...span, onwards: span.toMs >= streamTimeMs && !held.isKnownAfter(span.toMs) })
    }
    this.#wishes = new Set()
    while (gaps.length > 0) {
      const ranges = gaps.map((gap) => this.#rangesOf(gap))
      const answers = await cache.reading(db.getRanges(name, ranges.flat()))
      // After a discard nothing may be taken for known that was read before it.
      if (this.#discards !== discards) return
      let at = 0
      gaps = gaps.flatMap((gap, n) => {
        const from = at
        at += ranges[n]!.length
        return this.#fill(gap, answers.slice(from, at))
      })
    }
  }

  discard(): void {
    this.#wishes = new Set()
    this.#discards++
  }

  #rangesOf({ held, fromMs, toMs, onwards }: Gap): KeyRange[] {
    const ranges = this.#options.column.rangesOf(held.key, fromMs, onwards ? Number.POSITIVE_INFINITY : toMs)
    return onwards ? ranges.map((range) => ({ ...range, limit: lastEntries })) : ranges
  }

  /** Takes in what was read, a list a segment; returns what is still to be read. */
  #fill({ held, fromMs, toMs, onwards }: Gap, answers: readonly Entry[][]): Gap[] {
    let knownToMs = onwards ? Number.POSITIVE_INFINITY : toMs
    for (const entries of answers) {
      // There may be more rows at the last one's time.
      if (onwards && entries.length === lastEntries)
        knownToMs = Math.min(knownToMs, windowTimeOf(entries.at(-1)!.key) - 1)
    }
    const isCut = onwards && knownToMs < Number.POSITIVE_INFINITY
    const entries = joined(answers)
    held.addRead(isCut ? entries.filter(({ key }) => windowTimeOf(key) <= knownToMs) : entries, {
      fromMs,
      toMs: Math.max(fromMs - 1, knownToMs),
    })
    this.#options.cache.resize(held, held.heldBytes)
    return isCut && knownToMs < toMs ? [{ held, fromMs: knownToMs + 1, toMs, onwards: false }] : []
  }
}

/** Segments follow each other in time, but where the retention has changed. */
function joined(answers: readonly Entry[][]): readonly Entry[] {
  if (answers.length < 2) return answers[0] ?? []
  const entries = answers.flat()
  const order = (a: Entry, b: Entry) =>
    windowTimeOf(a.key) - windowTimeOf(b.key) || windowOffsetOf(a.key) - windowOffsetOf(b.key)
  entries.sort(order)
  return entries.filter((entry, n) => n === 0 || order(entries[n - 1]!, entry) < 0)
}
