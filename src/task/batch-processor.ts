import { passFailPoint } from '../fail-points.ts'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { TaskState } from '../state/task-state.ts'
import { compileGraph, type Graph } from '../topology/graph.ts'
import type { Ingest, SourceDef, SubTopology } from '../topology/topology.ts'
import type { TimedRecord } from './ticker.ts'

export interface BatchProcessorOptions {
  readonly topology: SubTopology
  readonly taskId: string
  readonly partition: number
  readonly state: TaskState
  readonly streamTime: StreamTime
  /** Told behind each batch what operators counted in it; not of a batch that failed. */
  readonly count: (name: string, by?: number) => void
  /** The last record before the first batch that stream time looked at, where that is known. */
  readonly lastTimed?: TimedRecord | undefined
  /** Awaited between stretches: lets what waits for an answer from outside go on. Default: nobody is waited for. */
  readonly giveWay?: () => Promise<void>
}

/** The highest event time a task has seen; -1 before the first. Shared by the stores' retention and the operators. */
export class StreamTime {
  #nowMs: number
  #beforeMs: number
  #latestMs = -1

  constructor(startMs = -1) {
    this.#nowMs = startMs
    this.#beforeMs = startMs
  }

  /** With the record in hand. */
  get nowMs(): number {
    return this.#nowMs
  }

  /**
   * Before the record in hand. Stores hide by this what is past its retention: a record may move stream time far, and what it
   * makes due must still be there.
   */
  get beforeMs(): number {
    return this.#beforeMs
  }

  /** Takes the next record; `undefined` leaves stream time where it is. Never goes back. */
  step(toMs: number | undefined): void {
    this.#beforeMs = this.#nowMs
    if (toMs !== undefined) this.advance(toMs)
  }

  /** Moves on with the record in hand, which may hold stream time back: `latestMs` is then later. Never goes back. */
  advance(toMs: number, latestMs = toMs): void {
    if (toMs > this.#nowMs) this.#nowMs = toMs
    if (latestMs > this.#latestMs) this.#latestMs = latestMs
  }

  /** Nothing that the task has kept is later. Stream time itself, unless something holds it back. */
  get latestMs(): number {
    return Math.max(this.#nowMs, this.#latestMs)
  }

  /** Only for a batch that is processed anew. */
  reset(toMs: number): void {
    this.#nowMs = toMs
    this.#beforeMs = toMs
  }
}

/**
 * Records that are read and prefetched together. What is made of a record lives until its stretch ends: in long ones the
 * garbage collector meets it several times, and copies it.
 */
const stretchRecords = 250

interface Stretch {
  readonly records: number
  /** How many of these the source did not drop. */
  readonly taken: number
}

/**
 * Runs batches of log records through a sub-topology, a stretch at a time: ingest, one prefetch, then record by record
 * without waiting.
 * The live task, the back-test and the test driver all decide by this class, so that they give the same bytes.
 */
export class BatchProcessor {
  readonly #options: BatchProcessorOptions
  readonly #graph: Graph
  readonly #sources: ReadonlyMap<string, SourceDef>
  #outgoing: OutgoingRecord[] = []
  #passed = 0
  #taken = 0
  /** What operators counted in the batch in hand. */
  readonly #counts = new Map<string, number>()
  #lastTimed: TimedRecord | undefined

  constructor(options: BatchProcessorOptions) {
    const { topology, taskId, partition, state, streamTime } = options
    this.#options = options
    this.#lastTimed = options.lastTimed
    this.#sources = new Map(topology.sources.map((source) => [source.topic, source]))
    this.#graph = compileGraph(topology, {
      taskId,
      partition,
      count: (name, by = 1) => this.#counts.set(name, (this.#counts.get(name) ?? 0) + by),
      streamTimeMs: () => streamTime.nowMs,
      advanceStreamTime: (toMs, latestMs) => streamTime.advance(toMs, latestMs),
      store: (def) => state.store(def),
      write: (record) => this.#outgoing.push(record),
    })
  }

  /** The last record that stream time looked at; another object for another record. */
  get lastTimed(): TimedRecord | undefined {
    return this.#lastTimed
  }

  /** How many of the last batch's records were processed, those that were dropped included. */
  get passed(): number {
    return this.#passed
  }

  /** How many of those were not dropped by the source. */
  get taken(): number {
    return this.#taken
  }

  /** A stream time beyond which nothing waits for more. */
  get waitsUntilMs(): number {
    return this.#graph.waitsUntilMs()
  }

  /**
   * Processes records of this task's partition in offset order: resolves with what the sinks wrote; what changed in stores
   * is in the task's state, to be drained.
   * @param mostTaken it ends behind so many that the source did not drop; `passed` says where. Default: all
   * @throws ProcessingError when an operator fails; the state's buffer then holds half a batch: discard it
   */
  async process(
    records: readonly LogRecord[],
    mostTaken = Number.POSITIVE_INFINITY,
  ): Promise<readonly OutgoingRecord[]> {
    this.#outgoing = []
    this.#counts.clear()
    const { giveWay, count } = this.#options
    let start = 0
    let taken = 0
    while (start < records.length && taken < mostTaken) {
      if (start > 0) await giveWay?.()
      const stretch = await this.#processStretch(records, start, mostTaken - taken)
      start += stretch.records
      taken += stretch.taken
    }
    this.#passed = start
    this.#taken = taken
    for (const [name, by] of this.#counts) count(name, by)
    return this.#outgoing
  }

  /** Reads the records of a stretch, which ends behind a barrier, or when it has so many that are not dropped. */
  #ingest(records: readonly LogRecord[], start: number, mostTaken: number): readonly Ingest[] {
    const end = Math.min(records.length, start + stretchRecords)
    const ingests: Ingest[] = []
    let taken = 0
    for (let index = start; index < end; index++) {
      const ingest = this.#sources.get(records[index]!.topic)!.ingest(records[index]!)
      ingests.push(ingest)
      if (ingest.record !== undefined) taken++
      if (ingest.isBarrier === true || taken === mostTaken) break
    }
    return ingests
  }

  /** All that is made of the records is known only here: what `process` held would live as long as a batch, and longer. */
  async #processStretch(batch: readonly LogRecord[], start: number, mostTaken: number): Promise<Stretch> {
    const { state, streamTime } = this.#options
    const ingests = this.#ingest(batch, start, mostTaken)
    const records = batch.slice(start, start + ingests.length)
    const ask = state.prefetcher()
    for (const { record } of ingests) if (record !== undefined) this.#graph.prefetch(record, ask)
    await state.prefetch()
    if (this.#graph.punctuates) await this.#prefetchPunctuate(ingests)

    const middle = records.length >> 1
    let last: LogRecord | undefined
    for (let index = 0; index < records.length; index++) {
      const { streamTimeMs, record } = ingests[index]!
      const { topic, offset } = records[index]!
      const fromMs = streamTime.nowMs
      streamTime.step(streamTimeMs)
      if (streamTimeMs !== undefined) last = records[index]
      if (record !== undefined) this.#graph.process(topic, record)
      if (this.#graph.punctuates) this.#graph.punctuate(topic, { fromMs, toMs: streamTime.nowMs, offset })
      if (index === middle) passFailPoint('in-process')
    }
    // Kafka writes -1 for a record without a timestamp.
    if (last !== undefined && last.timestampMs >= 0) this.#lastTimed = { timestampMs: last.timestampMs }
    return {
      records: records.length,
      taken: ingests.reduce((sum, { record }) => sum + (record === undefined ? 0 : 1), 0),
    }
  }

  /** What falls due in a batch is known by the time it spans; what that needs, only when it has been read. */
  async #prefetchPunctuate(ingests: readonly Ingest[]): Promise<void> {
    const { state, streamTime } = this.#options
    const fromMs = streamTime.nowMs
    const toMs = ingests.reduce((latest, { streamTimeMs }) => Math.max(latest, streamTimeMs ?? latest), fromMs)
    if (toMs === fromMs) return
    const ask = state.prefetcher()
    for (const round of [1, 2] as const) {
      this.#graph.prefetchPunctuate({ fromMs, toMs, round }, ask)
      await state.prefetch()
    }
  }
}
