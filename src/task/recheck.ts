import type { LogRecord, OutgoingRecord } from '../record/record.ts'

/**
 * What a task does below the position that it had reached before a reset. All that its input brought there is in the log
 * already, written with the positions: nothing is written again. Its decisions are compared with those that the log holds,
 * as they come by: a decision lies behind its event in the same partition.
 *
 * What is still to be compared is in memory alone: after a crash in between, those few decisions go uncompared.
 */
export class Recheck {
  readonly #decidedTo: number
  readonly #count: (name: string, by?: number) => void
  /** Decided anew, not met in the log yet: values by id. */
  readonly #expected = new Map<string, Buffer>()

  constructor(decidedTo: number, count: (name: string, by?: number) => void) {
    this.#decidedTo = decidedTo
    this.#count = count
  }

  /** How many of the records, from `start` on, a batch may hold so that it ends at the position of before. */
  batchEnd(records: readonly LogRecord[], start: number, end: number): number {
    if (records[start]!.offset >= this.#decidedTo) return end
    const first = records.findIndex(({ offset }, index) => index > start && offset >= this.#decidedTo)
    return first < 0 ? end : Math.min(end, first)
  }

  /** What of a batch's output is to be written: all of it, or, below the position of before, nothing. */
  take(records: readonly LogRecord[], outgoing: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
    const isDecided = records[0]!.offset < this.#decidedTo
    if (isDecided) for (const record of outgoing) this.#expect(record)
    if (this.#expected.size > 0) for (const record of records) this.#meet(record)
    return isDecided ? [] : outgoing
  }

  /** Behind the position of before nothing is left to come: what was not met is not in the log. */
  caughtUp(position: number): void {
    if (position < this.#decidedTo || this.#expected.size === 0) return
    this.#count(differing, this.#expected.size)
    this.#expected.clear()
  }

  #expect({ headers, value }: OutgoingRecord): void {
    if (String(headers['kind']) === 'decision' && value !== null) this.#expected.set(String(headers['id']), value)
  }

  #meet({ headers, value }: LogRecord): void {
    if (String(headers['kind']) !== 'decision') return
    const id = String(headers['id'])
    const expected = this.#expected.get(id)
    if (expected === undefined) return
    this.#expected.delete(id)
    this.#count(value !== null && expected.equals(value) ? equal : differing)
  }
}

const equal = 'decisions-equal'
const differing = 'decisions-differing'
