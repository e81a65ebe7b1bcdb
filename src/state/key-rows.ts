import { CacheEntry } from './cache.ts'
import type { Entry } from './engine.ts'
import type { PackedBytes } from './packed-bytes.ts'
import type { Span, SpanTable } from './span-table.ts'
import { type RowAt, Rows } from './window-rows.ts'

// Estimates: a row with its value, which is bytes or an object, and a key with its place in maps.
const rowCost = (bytes: Buffer | PackedBytes): number => 80 + bytes.length
const keyCost = 400
/** Rows that may be put unasked before the key counts as one that nobody reads. */
const unaskedRows = 64
/** With fewer rows it is not worth while to look which of them can go. */
const fewRows = 8

/** What a key's rows ask of their store. */
export interface RowsOwner {
  /** The batch in hand. */
  readonly batch: number
  /** The last batch that the database has, of those that were put. */
  readonly appliedBatch: number
  readonly spans: SpanTable
  forget(rows: KeyRows): void
}

/**
 * A key's rows in the cache. Every row is as the newest write left it; in the span that is known they are all there are, and
 * outside are only some that are not in the database yet, or not worth removing.
 */
export class KeyRows extends CacheEntry {
  readonly key: string
  readonly #owner: RowsOwner
  /** Where the spans are that are known, and that a batch asked for. */
  readonly #at: number
  #cells: unknown[] = []
  #base = 0
  /** The batch that put a row last. */
  #putBatch = 0
  #unasked = 0
  #rowCosts = 0
  #trimAt = fewRows

  /** @param pending the key's rows of those that wait for the database */
  constructor(key: string, pending: Rows, owner: RowsOwner) {
    super(keyCost + key.length)
    this.key = key
    this.#owner = owner
    this.#at = owner.spans.take()
    if (pending.length === 0) return
    this.#hold(pending)
    for (let n = 0; n < pending.length; n++) this.#rowCosts += rowCost(pending.bytesAt(n))
    this.sizeBytes = this.heldBytes
  }

  get rows(): Rows {
    return new Rows(this.#cells, this.#base)
  }

  /** The pending rows of earlier batches are found again when somebody asks for them. */
  get isUnsettled(): boolean {
    return this.#putBatch === this.#owner.batch
  }

  /** An estimate. */
  get heldBytes(): number {
    return keyCost + this.key.length + this.#rowCosts
  }

  get isKnown(): boolean {
    return this.#fromMs <= this.#toMs
  }

  /** Whether what is known begins after this time. */
  isKnownAfter(timeMs: number): boolean {
    return this.isKnown && timeMs < this.#fromMs
  }

  forget(): void {
    this.#owner.forget(this)
    this.#owner.spans.free(this.#at)
  }

  /** Takes note that a batch needs this span, and all between it and what it asked for before. */
  note(fromMs: number, toMs: number, batch: number): void {
    const { spans } = this.#owner
    if (this.batch !== batch) {
      if (this.batch >= 0) this.#narrow(fromMs)
      this.batch = batch
      spans.ask(this.#at, fromMs, toMs)
      this.#unasked = 0
    } else {
      const askedFromMs = spans.askedFromMs(this.#at)
      const askedToMs = spans.askedToMs(this.#at)
      if (fromMs < askedFromMs || toMs > askedToMs)
        spans.ask(this.#at, Math.min(fromMs, askedFromMs), Math.max(toMs, askedToMs))
    }
  }

  /** Whether the batch asked for this span, and it was read. */
  answers(fromMs: number, toMs: number, batch: number): boolean {
    const { spans } = this.#owner
    return (
      this.batch === batch &&
      spans.askedFromMs(this.#at) <= fromMs &&
      toMs <= spans.askedToMs(this.#at) &&
      this.#fromMs <= fromMs &&
      toMs <= this.#toMs
    )
  }

  /** Whether all that was asked for is known. */
  get isComplete(): boolean {
    const { spans } = this.#owner
    return this.#fromMs <= spans.askedFromMs(this.#at) && spans.askedToMs(this.#at) <= this.#toMs
  }

  /** What must be read for what was asked: together with what is known one span, so that a key never has gaps. */
  missing(): Span[] {
    const { spans } = this.#owner
    const [fromMs, toMs] = [spans.askedFromMs(this.#at), spans.askedToMs(this.#at)]
    // What lies far from what is wanted now is not worth reading all between.
    if (!this.isKnown || toMs < this.#fromMs - 1 || fromMs > this.#toMs + 1) {
      this.#knowNothing()
      return [{ fromMs, toMs }]
    }
    const missing: Span[] = []
    if (fromMs < this.#fromMs) missing.push({ fromMs, toMs: this.#fromMs - 1 })
    if (toMs > this.#toMs) missing.push({ fromMs: this.#toMs + 1, toMs })
    return missing
  }

  /** Adds what the database holds in a span next to what is known. */
  addRead(entries: readonly Entry[], { fromMs, toMs }: Span): void {
    if (entries.length > 0) {
      this.#hold(this.rows.withOlder(Rows.of(entries)))
      for (const { value } of entries) this.#rowCosts += rowCost(value)
    }
    if (this.isKnown && (toMs < this.#fromMs - 1 || fromMs > this.#toMs + 1)) return
    this.#know(Math.min(this.#fromMs, fromMs), Math.max(this.#toMs, toMs))
  }

  /** The database has no row of the key. */
  knowAll(): void {
    this.#know(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  /** Takes a row that a later write will bring to the database, and that is put in the batch with this number. */
  add(row: RowAt, packed: PackedBytes, batch: number): void {
    this.#unasked++
    this.#putBatch = batch
    this.#rowCosts += rowCost(packed)
    this.#hold(this.rows.with(row, packed, batch))
  }

  /** Whether so many rows have come that some may be let go. */
  get isLong(): boolean {
    return this.rows.length >= this.#trimAt
  }

  /**
   * Lets go the rows outside what is known, but for those that only this task has, those before `expiredBeforeMs`, and what nobody
   * asks for any more.
   */
  trim(batch: number, expiredBeforeMs: number): void {
    const { rows } = this
    if (this.#unasked > unaskedRows + rows.length / 2 && this.batch !== batch) this.#knowNothing()
    const { appliedBatch } = this.#owner
    const from = this.isKnown ? rows.startOf(Math.max(this.#fromMs, expiredBeforeMs)) : rows.length
    const to = this.isKnown && this.#toMs < Number.POSITIVE_INFINITY ? rows.endOf(this.#toMs) : rows.length
    if (from > 0 || to < rows.length) {
      const isPending = (n: number) => rows.batchAt(n) > appliedBatch && rows.timeAt(n) >= expiredBeforeMs
      const kept = rows.filter((n) => (n >= from && n < to) || isPending(n))
      this.#hold(kept)
      this.#rowCosts = Math.round((this.#rowCosts * kept.length) / rows.length)
    }
    const { length } = this.rows
    this.#trimAt = length + Math.max(fewRows, length)
  }

  #hold(rows: Rows): void {
    this.#cells = rows.cells
    this.#base = rows.base
    this.#owner.spans.setLatest(this.#at, rows.latestMs)
  }

  get #fromMs(): number {
    return this.#owner.spans.knownFromMs(this.#at)
  }

  get #toMs(): number {
    return this.#owner.spans.knownToMs(this.#at)
  }

  /** Knows less from the past when a batch asks for later times than the last one: a window moves on. */
  #narrow(fromMs: number): void {
    const { spans } = this.#owner
    const oldestMs = Math.min(fromMs, spans.askedFromMs(this.#at))
    // Room for events that come out of order.
    const slackMs = Math.max(0, spans.latestMs(this.#at) - oldestMs) / 4
    const keptMs = Math.ceil(oldestMs - slackMs)
    if (keptMs > this.#fromMs && keptMs <= this.#toMs) this.#know(keptMs, this.#toMs)
  }

  #know(fromMs: number, toMs: number): void {
    this.#owner.spans.know(this.#at, fromMs, toMs)
  }

  #knowNothing(): void {
    this.#know(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  }
}
