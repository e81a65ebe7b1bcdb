import type { OffsetSpan } from '../log/log.ts'
import type { OutgoingRecord, TopicPartition } from '../record/record.ts'

/** Where in its source a task's own output lies: it need not read back what it drops. */
export class OwnOutput {
  readonly #source: TopicPartition
  #spans: OffsetSpan[] = []

  constructor(source: TopicPartition) {
    this.#source = source
  }

  /** Takes note of what a commit wrote, with its offsets. */
  written(outgoing: readonly OutgoingRecord[], offsets: readonly number[]): void {
    const { topic, partition } = this.#source
    let from = 0
    let to = 0
    for (let index = 0; index < outgoing.length; index++) {
      const record = outgoing[index]!
      if (record.isOutput !== true || record.topic !== topic || record.partition !== partition) continue
      const offset = offsets[index]!
      if (offset !== to) {
        this.#add(from, to)
        from = offset
      }
      to = offset + 1
    }
    this.#add(from, to)
  }

  /** The spans that were noted since the last time, in order. */
  take(): readonly OffsetSpan[] {
    const spans = this.#spans
    if (spans.length > 0) this.#spans = []
    return spans
  }

  #add(from: number, to: number): void {
    if (from < to) this.#spans.push({ from, to })
  }
}
