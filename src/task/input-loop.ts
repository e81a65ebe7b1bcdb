import type { FetchedBatch, PartitionReader } from '../log/log.ts'
import type { LogRecord, TopicPartition } from '../record/record.ts'
import type { TaskDefinition } from './deployment-port.ts'
import type { Generation } from './generation.ts'
import type { Generations } from './generations.ts'
import { HeldDecisions } from './held-decisions.ts'
import type { ResetMarks } from './position.ts'
import { Recheck } from './recheck.ts'
import type { StreamTaskOptions } from './task-options.ts'
import { Ticker } from './ticker.ts'

export interface InputLoopOptions
  extends Pick<StreamTaskOptions, 'applicationId' | 'log' | 'limits' | 'clock' | 'observer'> {
  readonly source: TopicPartition
  /** Whether the task was told to end. */
  readonly stopped: () => boolean
}

/** A task that stood still longer than this writes the position of records that brought nothing, so that lag shows 0. */
const idlePositionMs = 1_000

/**
 * Takes a partition's records through what decides there: polls, cuts what came into batches, hands what they bring to the
 * commits, and lets time pass where nothing comes. Where a batch ends that may have deployed something, what decides may change.
 */
export class InputLoop {
  readonly #options: InputLoopOptions
  readonly #generations: Generations
  readonly #reader: PartitionReader
  /** What decides. */
  #live: Generation
  #ticker: Ticker | undefined
  #recheck: Recheck | undefined
  #idleSinceMs: number

  private constructor(options: InputLoopOptions, generations: Generations, reader: PartitionReader) {
    this.#options = options
    this.#generations = generations
    this.#reader = reader
    this.#live = generations.live!
    this.#attend()
    this.#idleSinceMs = options.clock.nowMs()
  }

  /** Reads from where `generations`, which are open, have come to. */
  static async open(options: InputLoopOptions, generations: Generations): Promise<InputLoop> {
    const { log, source, limits } = options
    const reader = await log.openReader({
      ...source,
      offset: generations.live!.position,
      isolation: 'read-committed',
      maxBytes: limits.maxBytes,
    })
    return new InputLoop(options, generations, reader)
  }

  /** Ends, all committed, after the batch in which the task was told to; it can begin again then. */
  async run(): Promise<void> {
    const { limits, observer, stopped } = this.#options
    await this.#heedDeployments()
    let hasMore = false
    while (!stopped()) {
      for (const span of this.#live.commits.ownOutput.take()) this.#reader.leaveOut?.(span)
      const polled = this.#reader.poll(limits.maxWaitMs)
      // What was read together is committed together: each transaction costs the broker as much as hundreds of records.
      const batch: FetchedBatch = await (hasMore ? polled : this.#live.commits.beside(polled))
      hasMore = batch.hasMore === true
      const { records } = batch
      observer.polled(batch)
      // What a suspended task leaves of its batch is read again.
      for (let start = 0; start < records.length && !stopped(); ) {
        start += await this.#step(records.slice(start, this.#batchEnd(records, start)), {
          offsetBehind: (count) => records[start + count]?.offset ?? batch.nextOffset,
          hasMore,
        })
      }
      if (records.length === 0) await this.#idle(batch)
      this.#generations.follow()
    }
    await this.#live.commits.settle()
    this.#reader.seek(this.#live.position)
  }

  /** Breaks off what is waited for. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#reader.close(), this.#recheck?.close()])
  }

  async #heedDeployments(): Promise<void> {
    await this.#generations.heedDeployments()
    const live = this.#generations.live!
    if (live === this.#live) return
    this.#live = live
    this.#attend()
  }

  /** Goes by the clock and the reset of what decides. */
  #attend(): void {
    const { source, clock } = this.#options
    const { lastTimed: last, defined, resetMarks } = this.#live
    // It reads on behind a change of definition, too.
    if (resetMarks.decidedTo !== undefined) this.#recheck ??= this.#recheckOf(resetMarks, defined)
    this.#ticker =
      defined.tick === undefined ? undefined : new Ticker({ ...defined.tick, partition: source.partition, clock, last })
  }

  #recheckOf(marks: ResetMarks, { revise }: TaskDefinition): Recheck {
    const { observer, limits } = this.#options
    const { revisedFrom } = marks
    const held = new HeldDecisions({ ...this.#options, revisedFrom, maxBytes: limits.maxBytes })
    return new Recheck({ marks, held, revise, count: (name, by) => observer.count(name, by) })
  }

  #batchEnd(records: readonly LogRecord[], start: number): number {
    const atMost = Math.min(start + this.#options.limits.maxRecords, records.length)
    // What is compared with the log is known by the batch before it is processed.
    const most = this.#recheck?.batchEnd(records, start, atMost) ?? records.length
    const { endsBatch } = this.#live.defined.topology.sources[0]!
    if (endsBatch === undefined) return most
    for (let index = start; index < most; index++) if (endsBatch(records[index]!)) return index + 1
    return most
  }

  /** Processes a batch, perhaps not all of these; resolves with how many it was. */
  async #step(
    polled: readonly LogRecord[],
    { offsetBehind, hasMore }: { readonly offsetBehind: (count: number) => number; readonly hasMore: boolean },
  ): Promise<number> {
    const live = this.#live
    // Before anything has changed: a task that stops here has not begun with these records.
    if ((await this.#recheck?.lookAhead(polled)) === false) return 0
    const { observer, clock, limits } = this.#options
    const { maxRecords } = limits
    const processed = await live.process(polled, maxRecords - live.commits.waiting)
    const records = polled.slice(0, live.passed)
    const nextOffset = offsetBehind(records.length)
    const outgoing = this.#recheck?.take(records, processed) ?? processed
    live.position = nextOffset
    this.#ticker?.passed(live.lastTimed)
    this.#idleSinceMs = clock.nowMs()
    observer.count('records', records.length)
    const { taken } = live
    const brought = { outgoing, position: live.reached(), oldestEventMs: records[0]!.timestampMs, taken }
    if (hasMore) live.commits.hold(brought)
    else await live.commits.add(brought)
    if (live.commits.waiting >= maxRecords) await live.commits.begin()
    if (this.#recheck?.isOver(nextOffset)) {
      await this.#recheck.close()
      this.#recheck = undefined
    }
    if (live.defined.topology.sources[0]!.endsBatch?.(records.at(-1)!) === true) await this.#heedDeployments()
    return records.length
  }

  async #idle(batch: FetchedBatch): Promise<void> {
    const live = this.#live
    live.position = batch.nextOffset
    live.commits.passed(batch.nextOffset)
    const { waitsUntilMs, streamTimeMs } = live
    const tick = this.#ticker?.due({ batch, streamTimeMs, waitsUntilMs })
    const { clock } = this.#options
    if (tick !== undefined)
      return live.commits.add({ outgoing: [tick], position: live.reached(), oldestEventMs: clock.nowMs() })
    if (clock.nowMs() - this.#idleSinceMs >= idlePositionMs) await live.commits.rest(live.reached())
  }
}
