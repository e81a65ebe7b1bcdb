import { ProductionError } from '../../errors.ts'
import { nameOf, type OutgoingRecord, type TopicPartition } from '../../record/record.ts'
import { batchOverheadBytes, encodeBatch, type ProducerIdentity, recordBytesBound } from './batch-encoder.ts'
import { BatchMemory } from './batch-memory.ts'
import { BatchWriter } from './batch-writer.ts'
import type { Cluster } from './cluster.ts'
import type { PartitionBatch } from './produce.ts'

/** A request holds this many bytes of batches, or one larger batch. The broker's own limits begin at about 1 MB. */
const requestBytes = 900_000
const sequences = 2 ** 31

/** The most bytes a batch in a topic may have: as last heard, or asked for again when `fresh`. */
export type MaxMessageBytes = (topic: string, fresh?: boolean) => Promise<number>

/** What `check` found out. */
export interface Checked {
  /** The most bytes of a batch, by topic. */
  readonly limits: ReadonlyMap<string, number>
  /** For each record the most bytes that it can take in a batch. */
  readonly bounds: readonly number[]
}

interface Pending extends PartitionBatch {
  /** Where the batch's records stand in the call. */
  readonly indexes: readonly number[]
}

interface Lane extends TopicPartition {
  /** Of the partition's next record. */
  sequence: number
}

/**
 * Appends records with a producer's id, epoch and sequence numbers: in order per partition, one request at a time per
 * leader, and without duplicates when a request is sent again. After a failure its sequences are of no more use.
 */
export class Appender {
  readonly #cluster: Cluster
  readonly #writer: BatchWriter
  readonly #identity: ProducerIdentity
  readonly #maxMessageBytes: MaxMessageBytes
  readonly #lanes = new Map<string, Lane>()
  readonly #memory = new BatchMemory()
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    cluster: Cluster,
    identity: ProducerIdentity,
    options: { readonly transactionalId: string | null; readonly maxMessageBytes: MaxMessageBytes },
  ) {
    this.#cluster = cluster
    this.#writer = new BatchWriter(cluster, options.transactionalId)
    this.#identity = identity
    this.#maxMessageBytes = options.maxMessageBytes
  }

  /** Resolves with each record's offset, in the order given; appends run one after another. @throws errors as they came */
  append(records: readonly OutgoingRecord[], checked: Checked): Promise<number[]> {
    const appended = this.#last.then(() => this.#append(records, checked))
    this.#last = appended.catch(() => undefined)
    return appended
  }

  async #append(records: readonly OutgoingRecord[], checked: Checked): Promise<number[]> {
    const queues = this.#encode(records, checked)
    const offsets = new Array<number>(records.length).fill(-1)
    while (queues.size > 0) {
      const round = takeRound(queues)
      for (const [batch, baseOffset] of await this.#writer.write(round)) {
        batch.indexes.forEach((index, i) => {
          offsets[index] = baseOffset + i
        })
      }
    }
    this.#memory.freeAll()
    return offsets
  }

  close(): void {
    this.#writer.close()
  }

  /** Asks how large batches may be. @throws ProductionError `record-too-large` when a record is larger */
  async check(records: readonly OutgoingRecord[]): Promise<Checked> {
    const limits = new Map<string, number>()
    let last: string | undefined
    for (const { topic } of records) {
      // Most records go where the last one went.
      if (topic === last) continue
      last = topic
      if (!limits.has(topic)) limits.set(topic, await this.#maxMessageBytes(topic))
    }
    const smallest = Math.min(...limits.values())
    const bounds = records.map(recordBytesBound)
    for (const [index, record] of records.entries()) {
      const bound = batchOverheadBytes + bounds[index]!
      if (bound <= smallest || bound <= limits.get(record.topic)!) continue
      const bytes = encodeBatch([record], this.#identity, {
        firstSequence: 0,
        nowMs: this.#cluster.clock.nowMs(),
        memory: Buffer.allocUnsafe(bound),
      }).length
      if (bytes <= limits.get(record.topic)!) continue
      // Somebody may have raised it.
      const limit = await this.#maxMessageBytes(record.topic, true)
      limits.set(record.topic, limit)
      if (bytes > limit) throw tooLarge(record, bytes, limit)
    }
    return { limits, bounds }
  }

  #encode(records: readonly OutgoingRecord[], { limits, bounds }: Checked): Map<string, Pending[]> {
    const nowMs = this.#cluster.clock.nowMs()
    const queues = new Map<string, Pending[]>()
    const open = new Map<string, { lane: Lane; indexes: number[]; bytes: number }>()
    const seal = (name: string): void => {
      const { lane, indexes, bytes: bound } = open.get(name)!
      const ofBatch = indexes.map((index) => records[index]!)
      const memory = this.#memory.take(bound)
      const bytes = encodeBatch(ofBatch, this.#identity, { firstSequence: lane.sequence, nowMs, memory })
      lane.sequence = (lane.sequence + indexes.length) % sequences
      const batch = { topic: lane.topic, partition: lane.partition, bytes, indexes }
      const queue = queues.get(name)
      if (queue === undefined) queues.set(name, [batch])
      else queue.push(batch)
      open.delete(name)
    }
    let name = ''
    let last: OutgoingRecord | undefined
    records.forEach((record, index) => {
      if (record.topic !== last?.topic || record.partition !== last.partition) name = nameOf(record)
      last = record
      const bytes = bounds[index]!
      const limit = Math.min(requestBytes, limits.get(record.topic)!)
      const batch = open.get(name)
      if (batch !== undefined && batch.bytes + bytes <= limit) {
        batch.indexes.push(index)
        batch.bytes += bytes
        return
      }
      if (batch !== undefined) seal(name)
      open.set(name, { lane: this.#lane(name, record), indexes: [index], bytes: batchOverheadBytes + bytes })
    })
    for (const name of [...open.keys()]) seal(name)
    return queues
  }

  #lane(name: string, { topic, partition }: TopicPartition): Lane {
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = { topic, partition, sequence: 0 }
      this.#lanes.set(name, lane)
    }
    return lane
  }
}

const tooLarge = (record: OutgoingRecord, bytes: number, limit: number): ProductionError =>
  new ProductionError(
    'record-too-large',
    `a record of ${bytes} bytes is more than ${record.topic} takes: raise its max.message.bytes (${limit})`,
  )

/** Takes the first batch of as many partitions as one request holds. */
function takeRound(queues: Map<string, Pending[]>): Pending[] {
  const round: Pending[] = []
  let bytes = 0
  for (const [name, queue] of [...queues]) {
    const batch = queue[0]!
    if (round.length > 0 && bytes + batch.bytes.length > requestBytes) continue
    bytes += batch.bytes.length
    round.push(batch)
    queue.shift()
    if (queue.length === 0) queues.delete(name)
  }
  return round
}
