import type { OutgoingRecord, TopicPartition } from '../record/record.ts'
import type { Clock, Timer } from '../time/clock.ts'

export interface HiddenInputOptions {
  readonly source: TopicPartition
  readonly clock: Clock
  /** The input has had its time to come. */
  readonly onOver: () => void
}

/**
 * A transaction hides the input behind what it wrote to the same partition, until the log has written its end there: ms after it
 * said that it will. A commit that begins before that carries little, and the hidden input has to wait for its end. This is how
 * long a commit waits for that input at most.
 */
const hiddenMs = 5

/** Whether input may come soon that a task's last transaction hides from it. */
export class HiddenInput {
  readonly #options: HiddenInputOptions
  /** Runs while it may. */
  #timer: Timer | undefined
  /** Of the last record that a transaction wrote to the source: the input lies behind it. */
  #offset = -1

  constructor(options: HiddenInputOptions) {
    this.#options = options
  }

  get isDue(): boolean {
    return this.#timer !== undefined
  }

  /** Takes note of what a transaction wrote. */
  written(outgoing: readonly OutgoingRecord[], offsets: readonly number[]): void {
    const { source, clock, onOver } = this.#options
    const last = outgoing.findLastIndex(
      ({ topic, partition }) => topic === source.topic && partition === source.partition,
    )
    if (last < 0) return
    this.#offset = offsets[last]!
    this.#timer = clock.setTimeout(() => {
      this.end()
      onOver()
    }, hiddenMs)
  }

  /** The task has come to this position. */
  reached(position: number): void {
    if (position > this.#offset) this.end()
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
