import type { LogClient } from '../../log/log.ts'
import { decisionOf, isDecision } from '../decision-view.ts'
import { readPartition } from '../partition-reading.ts'
import { countDecision, type Tally } from './tally.ts'

interface Watched {
  readonly log: LogClient
  readonly partitions: number
}

const topic = 'main'

/** Counts the decisions that are made from `open` on. */
export class Watcher {
  readonly tally: Tally
  /** The offset up to which each partition has been read. */
  readonly seen: number[] = []
  readonly #watched: Watched

  constructor(watched: Watched, tally: Tally) {
    this.#watched = watched
    this.tally = tally
  }

  /** Remembers the end of each partition: what is there already is not counted. */
  async open(): Promise<void> {
    const { log, partitions } = this.#watched
    for (let partition = 0; partition < partitions; partition++) {
      this.seen[partition] = await log.endOffset({ topic, partition }, 'read-committed')
    }
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.seen.map((from, partition) => this.#follow(partition, from, signal)))
  }

  #follow(partition: number, from: number, signal: AbortSignal): Promise<void> {
    return readPartition(
      this.#watched.log,
      { topic, partition },
      {
        from,
        signal,
        onBatch: async ({ records, nextOffset }) => {
          for (const record of records) {
            const decision = isDecision(record) ? decisionOf(record) : undefined
            if (decision !== undefined) countDecision(this.tally, decision)
          }
          this.seen[partition] = nextOffset
        },
      },
    )
  }
}
