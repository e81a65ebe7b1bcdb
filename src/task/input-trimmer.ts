import type { Log } from '../log/log.ts'
import type { TopicPartition } from '../record/record.ts'
import type { Clock } from '../time/clock.ts'

/** As Kafka Streams' `repartition.purge.interval.ms`. */
const trimEveryMs = 30_000

export interface InputTrimmerOptions {
  readonly log: Log
  readonly source: TopicPartition
  readonly clock: Clock
}

/** Deletes from an internal topic what its only reader has processed and committed, now and then. */
export class InputTrimmer {
  readonly #options: InputTrimmerOptions
  #trimmedAtMs: number

  constructor(options: InputTrimmerOptions) {
    this.#options = options
    this.#trimmedAtMs = options.clock.nowMs()
  }

  /** Takes note of a committed position. A deletion that fails is made up for by the next one. */
  async committed(offset: number): Promise<void> {
    const { log, source, clock } = this.#options
    if (clock.nowMs() - this.#trimmedAtMs < trimEveryMs) return
    this.#trimmedAtMs = clock.nowMs()
    await log.deleteRecordsBefore(source, offset).catch(() => {})
  }
}
