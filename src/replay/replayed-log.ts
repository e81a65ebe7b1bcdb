import { join } from 'node:path'
import { featureTypePrefix, headerNames } from '../record/ingress.ts'
import { MovedRecord } from '../record/moved-record.ts'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { ReplayPlaces } from '../rules/places.ts'
import type { StateEngine } from '../state/engine.ts'
import { ReplayTask } from '../task/replay-task.ts'
import type { SubTopology, Topology } from '../topology/topology.ts'

export interface ReplayedLogOptions {
  /** Compiled with the same places. */
  readonly topology: Topology
  readonly places: ReplayPlaces
  /** Types of the events that count in the features which are worked out. */
  readonly contributing: ReadonlySet<string>
  readonly engine: StateEngine
  /** Of the tasks' state; nothing else may use it. */
  readonly folder: string
  readonly count: (name: string, by?: number) => void
}

/** Each time costs a look at what is past its retention, and history goes by fast. */
const writeEvery = 1_000

/**
 * A log of records from files or tests, decided by tasks without a log. Contributions to global features are worked out at
 * once, and their results come directly after their cause: the order in which partitions are processed is the order in which
 * their contributions meet.
 */
export class ReplayedLog {
  readonly #options: ReplayedLogOptions
  readonly #tasks = new Map<string, Promise<ReplayTask>>()
  /** The next offset by partition of the repartition topic. */
  readonly #ends = new Map<number, number>()

  constructor(options: ReplayedLogOptions) {
    this.#options = options
  }

  /** True when a record may lead to results, which come before the next record of its partition. */
  contributes(record: LogRecord): boolean {
    const { contributing } = this.#options
    if (contributing.size === 0) return false
    const type = record.headers[headerNames.type]?.toString()
    return type !== undefined && contributing.has(type)
  }

  /** Processes records of one partition in offset order; resolves with what they and their results wrote to topics outside. */
  async process(partition: number, records: readonly LogRecord[]): Promise<readonly OutgoingRecord[]> {
    if (this.#options.contributing.size === 0) return (await this.#task(this.#main, partition)).process(records)
    const written: OutgoingRecord[] = []
    let start = 0
    for (const [index, record] of records.entries()) {
      const end = index + 1
      if (end < records.length && !this.contributes(record)) continue
      written.push(...(await this.#processTogether(partition, records.slice(start, end))))
      start = end
    }
    return written
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#tasks.values()].map(async (task) => (await task).close()))
  }

  /** Only the last of the records may contribute. */
  async #processTogether(partition: number, records: readonly LogRecord[]): Promise<OutgoingRecord[]> {
    const { places } = this.#options
    const main = await this.#task(this.#main, partition)
    const written: OutgoingRecord[] = []
    const contributions: OutgoingRecord[] = []
    const isPlain = places.features.length === 0
    const placed = isPlain ? records : records.map((record) => new MovedRecord(record, places.place(record.offset)))
    for (const record of await main.process(placed)) {
      if (record.topic === this.#repartitionTopic) contributions.push(record)
      else written.push(record)
    }
    const cause = records.at(-1)!
    for (const contribution of contributions) {
      for (const result of await this.#contribute(contribution)) {
        const type = result.headers[headerNames.type]!.toString()
        const offset = places.place(cause.offset, type.slice(featureTypePrefix.length))
        written.push(...(await main.process([{ ...result, offset, timestampMs: cause.timestampMs }])))
      }
    }
    return written
  }

  async #contribute(contribution: OutgoingRecord): Promise<readonly OutgoingRecord[]> {
    const { partition } = contribution
    const offset = this.#ends.get(partition) ?? 0
    this.#ends.set(partition, offset + 1)
    const task = await this.#task(this.#global!, partition)
    return task.process([{ timestampMs: -1, ...contribution, offset }])
  }

  get #main(): SubTopology {
    return this.#options.topology.subTopologies[0]!
  }

  /** Absent when no global feature is worked out. */
  get #global(): SubTopology | undefined {
    return this.#options.topology.subTopologies[1]
  }

  get #repartitionTopic(): string | undefined {
    return this.#global?.sources[0]?.topic
  }

  #task(topology: SubTopology, partition: number): Promise<ReplayTask> {
    const name = `${topology.id}_${partition}`
    const { engine, folder, count } = this.#options
    const open = () => ReplayTask.open({ topology, partition, engine, folder: join(folder, name), count, writeEvery })
    const task = this.#tasks.get(name) ?? open()
    this.#tasks.set(name, task)
    return task
  }
}
