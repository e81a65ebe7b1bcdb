import { headerNames } from '../record/headers.ts'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { TaskDefinition } from './deployment-port.ts'
import { digestOf, type HeldDecisions } from './held-decisions.ts'
import type { ResetMarks } from './position.ts'

export interface RecheckOptions {
  readonly marks: ResetMarks
  readonly held: Pick<HeldDecisions, 'lookAhead' | 'find' | 'unasked' | 'close'>
  readonly revise: TaskDefinition['revise']
  readonly count: (name: string, by?: number) => void
}

/**
 * What a task does below the position that it had reached before a reset. All that its input brought there is in the log
 * already, written with the positions: nothing is written again. From the reset's point on its decisions are compared with
 * those that the log holds, and where the reset says so, what differs is written as a decision that supersedes the old one:
 * in the same transaction as the position, so once, whatever crashes. Decisions that are no longer made are only counted.
 */
export class Recheck {
  readonly #options: RecheckOptions
  readonly #decidedTo: number
  readonly #compareFrom: number

  constructor(options: RecheckOptions) {
    const { decidedTo = 0, compareFrom = 0 } = options.marks
    this.#options = options
    this.#decidedTo = decidedTo
    this.#compareFrom = compareFrom
  }

  /** Where a batch of the records, from `start` on, ends: before the point, and before the position of before. */
  batchEnd(records: readonly LogRecord[], start: number, end: number): number {
    const { offset: from } = records[start]!
    const bound = [this.#compareFrom, this.#decidedTo].find((offset) => offset > from)
    if (bound === undefined) return end
    const first = records.findIndex(({ offset }, index) => index > start && offset >= bound)
    return first < 0 ? end : Math.min(end, first)
  }

  /** Gets ready for a batch. False when the task stopped meanwhile: then it is asked for the same batch again. */
  async lookAhead(records: readonly LogRecord[]): Promise<boolean> {
    return !this.#compares(records) || (await this.#options.held.lookAhead(records))
  }

  /** What of a batch's output is to be written: all of it, or, below the position of before, at most what differs. */
  take(records: readonly LogRecord[], outgoing: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
    if (records[0]!.offset >= this.#decidedTo) return outgoing
    if (!this.#compares(records)) return []
    const written = outgoing.flatMap((record) => this.#compare(record))
    const retracted = this.#options.held.unasked(records)
    if (retracted > 0) this.#options.count('decisions-retracted', retracted)
    return written
  }

  /** True from the position of before on. */
  isOver(position: number): boolean {
    return position >= this.#decidedTo
  }

  close(): Promise<void> {
    return this.#options.held.close()
  }

  #compares(records: readonly LogRecord[]): boolean {
    const { offset } = records[0]!
    return offset >= this.#compareFrom && offset < this.#decidedTo
  }

  #compare(record: OutgoingRecord): readonly OutgoingRecord[] {
    const { count, revise, marks } = this.#options
    if (String(record.headers[headerNames.kind]) !== 'decision' || record.value === null) return []
    const isEqual = this.#isHeld(record)
    const isRevised = !isEqual && marks.redecides === 1 && revise !== undefined
    count(isEqual ? 'decisions-equal' : isRevised ? 'decisions-redecided' : 'decisions-differing')
    return isRevised ? [revise(record, marks.revision!)] : []
  }

  #isHeld(record: OutgoingRecord): boolean {
    const held = this.#options.held.find(String(record.headers[headerNames.id]))
    if (held === undefined) return false
    const made = held.revision === 0 ? record : this.#options.revise?.(record, held.revision)
    return made?.value != null && digestOf(made.value) === held.digest
  }
}
