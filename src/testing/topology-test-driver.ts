import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partitionFor } from '../record/murmur2.ts'
import { unpacked } from '../record/packed/packed-record.ts'
import type { Headers, LogRecord, OutgoingRecord } from '../record/record.ts'
import type { StateEngine } from '../state/engine.ts'
import { stateEngine } from '../state/engines/index.ts'
import { ReplayTask } from '../task/replay-task.ts'
import type { SubTopology, Topology } from '../topology/topology.ts'

export interface TestDriverOptions {
  /** Of every topic. Default 1. */
  readonly partitions?: number
  /** Default memory; with RocksDB or Level, `reopen` shows what survives a restart. */
  readonly engine?: StateEngine
}

/** A record for the driver; without `partition` the key's hash chooses, without `timestampMs` it is 0. */
export interface TestRecord {
  readonly topic: string
  readonly partition?: number
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Headers
  readonly timestampMs?: number
}

/**
 * Runs a topology as a task would, without a log: each record is processed at once, with everything that it writes to
 * topics the topology reads. Time is what the records say.
 */
export class TopologyTestDriver {
  readonly #topology: Topology
  readonly #partitions: number
  readonly #engine: StateEngine
  readonly #folder: string
  readonly #tasks = new Map<string, ReplayTask>()
  readonly #topics = new Map<string, LogRecord[][]>()
  readonly #counts = new Map<string, number>()

  private constructor(
    topology: Topology,
    folder: string,
    { partitions = 1, engine = stateEngine('memory') }: TestDriverOptions,
  ) {
    this.#topology = topology
    this.#partitions = partitions
    this.#engine = engine
    this.#folder = folder
  }

  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    return new TopologyTestDriver(topology, await mkdtemp(join(tmpdir(), 'weir-driver-')), options)
  }

  /** Appends a record and processes it, then whatever it led to. Resolves with the record's offset. */
  async pipe({ topic, key, value, headers = {}, timestampMs = 0, ...rest }: TestRecord): Promise<number> {
    const keyBytes = typeof key === 'string' ? Buffer.from(key) : key
    const valueBytes = typeof value === 'string' ? Buffer.from(value) : value
    const partition = rest.partition ?? (keyBytes === null ? 0 : partitionFor(keyBytes, this.#partitions))
    const first = this.#append({ topic, partition, key: keyBytes, value: valueBytes, headers, timestampMs })
    const pending = [first]
    for (let record = pending.shift(); record !== undefined; record = pending.shift()) {
      const subTopology = this.#reading(record.topic)
      if (subTopology === undefined) continue
      const task = await this.#task(subTopology, record.partition)
      const { timestampMs: causeMs } = record
      for (const written of await task.process([record]))
        pending.push(this.#append({ timestampMs: causeMs, ...unpacked(written) }))
    }
    return first.offset
  }

  /** Everything that lies in a topic: what was piped and what was written, in order, partition by partition. */
  read(topic: string): readonly LogRecord[] {
    return (this.#topics.get(topic) ?? []).flat()
  }

  /** What operators have counted under this name. */
  counted(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  streamTimeMs(partition = 0): number {
    return this.#tasks.get(`0_${partition}`)?.streamTimeMs ?? -1
  }

  /** Closes all state and opens it again, as a restart would. */
  async reopen(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.close()))
    this.#tasks.clear()
  }

  async close(): Promise<void> {
    await this.reopen()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #reading(topic: string): SubTopology | undefined {
    return this.#topology.subTopologies.find(({ sources }) => sources.some((source) => source.topic === topic))
  }

  #append(record: OutgoingRecord & { readonly timestampMs: number }): LogRecord {
    let partitions = this.#topics.get(record.topic)
    if (partitions === undefined) {
      partitions = Array.from({ length: this.#partitions }, () => [])
      this.#topics.set(record.topic, partitions)
    }
    const records = partitions[record.partition]
    if (records === undefined)
      throw new RangeError(`there is no partition ${record.partition}; the driver has ${this.#partitions}`)
    const appended = { ...record, offset: records.length }
    records.push(appended)
    return appended
  }

  async #task(topology: SubTopology, partition: number): Promise<ReplayTask> {
    const taskId = `${topology.id}_${partition}`
    let task = this.#tasks.get(taskId)
    if (task === undefined) {
      const count = (name: string, by = 1): void => void this.#counts.set(name, this.counted(name) + by)
      task = await ReplayTask.open({
        topology,
        partition,
        engine: this.#engine,
        folder: join(this.#folder, taskId),
        count,
      })
      this.#tasks.set(taskId, task)
    }
    return task
  }
}
