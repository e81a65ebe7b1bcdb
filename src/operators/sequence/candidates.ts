import type { SequenceEvent } from './definition.ts'
import { comparePositions } from './order.ts'

export interface LookBack<E> {
  /** What the store has, newest first. */
  readonly entries: Iterable<SequenceEvent<E>>
  /** Around which event; it is no candidate itself. */
  readonly arriving: SequenceEvent<E>
  /** Only events at lower positions than the arriving one. */
  readonly isBefore: boolean
  /** Events with higher offsets are not known yet: state may hold them when a record is processed again after a crash. */
  readonly knownOffset: number
  readonly limit: number
}

const none: never[] = []

/** A newest-first look-back that reads no further than asked, and at most `limit` candidates, however often it is walked. */
export class Candidates<E> {
  readonly #entries: Iterator<SequenceEvent<E>, unknown>
  readonly #lookBack: LookBack<E>
  #read: SequenceEvent<E>[] = none
  #ended = false

  constructor(lookBack: LookBack<E>) {
    this.#lookBack = lookBack
    this.#entries = lookBack.entries[Symbol.iterator]()
  }

  /** The candidate at `index`, the newest at 0; `undefined` at the end or at the limit. */
  at(index: number): SequenceEvent<E> | undefined {
    const { limit } = this.#lookBack
    while (index >= this.#read.length && index < limit && this.#pull());
    return index < limit ? this.#read[index] : undefined
  }

  /** True when there are more than the limit lets through. */
  get cut(): boolean {
    const { limit } = this.#lookBack
    while (this.#read.length <= limit && this.#pull());
    return this.#read.length > limit
  }

  #pull(): boolean {
    const { arriving, isBefore, knownOffset } = this.#lookBack
    while (!this.#ended) {
      const next = this.#entries.next()
      if (next.done === true) this.#ended = true
      else {
        const candidate = next.value
        if (candidate.offset > knownOffset || candidate.offset === arriving.offset) continue
        if (isBefore && comparePositions(candidate, arriving) >= 0) continue
        if (this.#read.length > 0) this.#read.push(candidate)
        else this.#read = [candidate]
        return true
      }
    }
    return false
  }
}
