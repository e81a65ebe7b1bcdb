import type { TopicPartition } from '../../record/record.ts'
import type { Cleaning } from './cleaning.ts'
import type { Row } from './rows.ts'

/** One partition's ends: which offsets are taken, what readers may see of them, and who waits for more. */
export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly topicId: number
  /** Who reads it here: what none of them has passed yet must not go. */
  readonly readers = new Set<{ readonly position: number }>()
  /** How far it is compacted; `undefined` when its topic is not. */
  cleaning: Cleaning | undefined
  /** Called at each move of an end. */
  onGrowth: (partition: Partition) => void = () => {}
  #aborted = new Map<number, number>()
  #startOffset: number
  #nextOffset: number
  /** First offsets of what is being written; in the order taken, so the first is the lowest. */
  readonly #inFlight = new Set<number>()
  /** First offset by open transaction, likewise. */
  readonly #open = new Map<number, number>()
  /** Rows of open transactions: they reach the database with the transaction's end. */
  #held: { readonly transaction: number; readonly row: Row }[] = []
  readonly #waiting = new Set<() => void>()

  constructor(at: TopicPartition & { topicId: number; startOffset: number; nextOffset: number }) {
    this.topic = at.topic
    this.partition = at.partition
    this.topicId = at.topicId
    this.#startOffset = at.startOffset
    this.#nextOffset = at.nextOffset
  }

  /** Offset of the abort marker, by transaction. Whoever reads while transactions are forgotten keeps the map it took. */
  get aborted(): ReadonlyMap<number, number> {
    return this.#aborted
  }

  noteAborted(transaction: number, marker: number): void {
    this.#aborted.set(transaction, marker)
  }

  get startOffset(): number {
    return this.#startOffset
  }

  get highWatermark(): number {
    const [lowest] = this.#inFlight
    return lowest ?? this.#nextOffset
  }

  get lastStableOffset(): number {
    const [oldest] = this.#open.values()
    return Math.max(this.#startOffset, Math.min(oldest ?? Number.POSITIVE_INFINITY, this.highWatermark))
  }

  /** Takes offsets for good; nobody sees them before `written`. @returns the first */
  take(count: number): number {
    const first = this.#nextOffset
    this.#nextOffset += count
    this.#inFlight.add(first)
    return first
  }

  /** What was taken from `first` on can be read from the database, or is held. */
  written(first: number): void {
    this.#inFlight.delete(first)
    this.wake()
    this.onGrowth(this)
  }

  hold(transaction: number, first: number, rows: readonly Row[]): void {
    if (!this.#open.has(transaction)) this.#open.set(transaction, first)
    for (const row of rows) this.#held.push({ transaction, row })
    this.written(first)
  }

  /** In offset order. */
  heldRows(): Row[] {
    return this.#held.map(({ row }) => row)
  }

  /** The transaction's rows can be read from the database now. */
  release(transaction: number): void {
    this.#open.delete(transaction)
    this.#held = this.#held.filter((held) => held.transaction !== transaction)
    this.wake()
    this.onGrowth(this)
  }

  /** Aborted transactions that lie wholly below an offset. */
  abortedBefore(offset: number): number[] {
    return [...this.#aborted].filter(([, marker]) => marker < offset).map(([transaction]) => transaction)
  }

  /** For transactions whose records are gone. */
  forgetAborted(transactions: Iterable<number>): void {
    const left = new Map(this.#aborted)
    for (const transaction of transactions) left.delete(transaction)
    this.#aborted = left
  }

  startAt(offset: number): void {
    this.forgetAborted(this.abortedBefore(offset))
    this.#startOffset = offset
    this.wake()
  }

  /** Calls back once at the next move of an end. @returns a function that calls it off */
  onMove(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  wake(): void {
    const callbacks = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of callbacks) callback()
  }
}
