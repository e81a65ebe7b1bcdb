import { passFailPoint } from '../fail-points.ts'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { TaskState } from '../state/task-state.ts'
import { compileGraph, type Graph } from '../topology/graph.ts'
import type { Ingest, SourceDef, SubTopology } from '../topology/topology.ts'

export interface BatchProcessorOptions {
  readonly topology: SubTopology
  readonly taskId: string
  readonly partition: number
  readonly state: TaskState
  readonly streamTime: StreamTime
  readonly count: (name: string, by?: number) => void
}

/** The highest event time a task has seen; -1 before the first. Shared by the stores' retention and the operators. */
export class StreamTime {
  #nowMs: number

  constructor(startMs = -1) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Never goes back. */
  advance(toMs: number): void {
    if (toMs > this.#nowMs) this.#nowMs = toMs
  }

  /** Only for a batch that is processed anew. */
  reset(toMs: number): void {
    this.#nowMs = toMs
  }
}

/**
 * Runs batches of log records through a sub-topology: ingest, one prefetch, then record by record without waiting.
 * The live task, the back-test and the test driver all decide by this class, so that they give the same bytes.
 */
export class BatchProcessor {
  readonly #options: BatchProcessorOptions
  readonly #graph: Graph
  readonly #sources: ReadonlyMap<string, SourceDef>
  #outgoing: OutgoingRecord[] = []

  constructor(options: BatchProcessorOptions) {
    const { topology, taskId, partition, state, streamTime, count } = options
    this.#options = options
    this.#sources = new Map(topology.sources.map((source) => [source.topic, source]))
    this.#graph = compileGraph(topology, {
      taskId,
      partition,
      count,
      streamTimeMs: () => streamTime.nowMs,
      store: (def) => state.store(def),
      write: (record) => this.#outgoing.push(record),
    })
  }

  /**
   * Processes records of this task's partition in offset order: resolves with what the sinks wrote; what changed in stores
   * is in the task's state, to be drained.
   * @throws ProcessingError when an operator fails; the state's buffer then holds half a batch: discard it
   */
  async process(records: readonly LogRecord[]): Promise<readonly OutgoingRecord[]> {
    const ingests = records.map((record) => this.#sources.get(record.topic)!.ingest(record))
    this.#outgoing = []
    for (let start = 0; start < records.length; ) {
      const barrier = ingests.findIndex(({ isBarrier }, index) => index >= start && isBarrier === true)
      const end = barrier === -1 ? records.length : barrier + 1
      await this.#processUpToBarrier(records.slice(start, end), ingests.slice(start, end))
      start = end
    }
    return this.#outgoing
  }

  async #processUpToBarrier(records: readonly LogRecord[], ingests: readonly Ingest[]): Promise<void> {
    const { state, streamTime } = this.#options
    const ask = state.prefetcher()
    for (const { record } of ingests) if (record !== undefined) this.#graph.prefetch(record, ask)
    await state.prefetch()
    if (this.#graph.punctuates) await this.#prefetchPunctuate(ingests)

    const middle = records.length >> 1
    for (let index = 0; index < records.length; index++) {
      const { streamTimeMs, record } = ingests[index]!
      const { topic, offset } = records[index]!
      const fromMs = streamTime.nowMs
      if (streamTimeMs !== undefined) streamTime.advance(streamTimeMs)
      if (record !== undefined) this.#graph.process(topic, record)
      if (this.#graph.punctuates) this.#graph.punctuate(topic, { fromMs, toMs: streamTime.nowMs, offset })
      if (index === middle) passFailPoint('in-process')
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
