import type { FetchedBatch } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Clock } from '../time/clock.ts'

/** Where and when a tick is to be written. */
export interface TickAt {
  readonly partition: number
  /** The event time to which it moves stream time. */
  readonly timeMs: number
  /** The wall clock: the record's timestamp. */
  readonly nowMs: number
}

export interface TickOptions {
  /** How long a partition is idle before its owner writes a tick. */
  readonly afterMs: number
  /** A tick is at most this much ahead of the wall clock, as any event. */
  readonly maxAheadMs: number
  record(at: TickAt): OutgoingRecord
}

/** A record that stream time looked at: an event, a row or a tick. Decisions are none. */
export interface TimedRecord {
  /** Of the log, not the event's. */
  readonly timestampMs: number
}

export interface TickerOptions extends TickOptions {
  readonly partition: number
  readonly clock: Clock
  /** The last one before the task's position, where that is known. */
  readonly last: TimedRecord | undefined
}

/** What a ticker needs to know of its task when a poll brought nothing. */
export interface IdleTask {
  readonly batch: FetchedBatch
  readonly streamTimeMs: number
  /** Nothing waits for stream time beyond this. */
  readonly waitsUntilMs: number
}

/**
 * Lets time pass in an idle partition: says when its owner is to write a tick, a record that moves stream time on by as much
 * as the wall clock since the last record. Only where something waits for it, and only when the owner has read everything
 * there is: a backlog, however old, is never made late by a tick. The tick is then the last record itself, so that time goes
 * on at the wall clock's pace.
 */
export class Ticker {
  readonly #options: TickerOptions
  #last: TimedRecord | undefined
  #quietSinceMs: number

  constructor(options: TickerOptions) {
    this.#options = options
    this.#last = options.last
    this.#quietSinceMs = options.clock.nowMs()
  }

  /** Takes note of the last timed record processed so far, the same object until there is another. */
  passed(last: TimedRecord | undefined): void {
    if (last === this.#last) return
    this.#last = last
    this.#quietSinceMs = this.#options.clock.nowMs()
  }

  /** The tick that is due, to be written with the task's next commit; `undefined` when none is. */
  due({ batch, streamTimeMs, waitsUntilMs }: IdleTask): OutgoingRecord | undefined {
    const { afterMs, maxAheadMs, partition, clock, record } = this.#options
    const nowMs = clock.nowMs()
    const end = Math.max(batch.highWatermark, batch.lastStableOffset)
    const isCaughtUp = batch.records.length === 0 && Math.min(batch.nextOffset, batch.lastStableOffset) >= end
    if (!isCaughtUp || this.#last === undefined || nowMs - this.#quietSinceMs < afterMs) return undefined
    // What is due at a time fires when stream time is beyond it.
    if (streamTimeMs < 0 || streamTimeMs > waitsUntilMs) return undefined
    const timeMs = Math.min(streamTimeMs + nowMs - this.#last.timestampMs, nowMs + maxAheadMs)
    if (timeMs <= streamTimeMs) return undefined
    this.#quietSinceMs = nowMs
    return record({ partition, timeMs, nowMs })
  }
}
