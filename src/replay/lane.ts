import type { LogRecord } from '../record/record.ts'
import type { OutputParts } from './partitioned-output.ts'
import type { ReplayedLog } from './replayed-log.ts'

const recordsAtATime = 250

/** Offsets whose decisions count, both bounds exclusive. */
export interface Decides {
  readonly after: number
  readonly before?: number
}

export const everything: Decides = { after: -1 }

export interface LaneOptions {
  readonly log: ReplayedLog
  readonly topic: string
  readonly partition: number
  /** Gets the decisions' values. Default: they are only counted. */
  readonly output: OutputParts | undefined
  /** `undefined`: nothing counts. */
  readonly decides: Decides | undefined
  /** Called before records are processed. */
  readonly onTurn: (lane: Lane) => void
}

/** One partition of the input, decided in batches. */
export class Lane {
  readonly #options: LaneOptions
  #records: LogRecord[] = []
  decisions = 0
  /** The records in hand lie where decisions count. */
  isCounting = true

  constructor(options: LaneOptions) {
    this.#options = options
  }

  get ruleSetOffset(): number {
    return this.#options.decides?.after ?? -1
  }

  /** Takes the partition's next record; gives what is to be waited for before the next one, if anything is. */
  take(record: LogRecord): Promise<void> | undefined {
    const { log, decides } = this.#options
    // Nothing later counts.
    if (decides === undefined || record.offset >= (decides.before ?? Number.POSITIVE_INFINITY)) return undefined
    const first = this.#records[0]
    const flushed =
      first !== undefined && first.offset <= decides.after && record.offset > decides.after ? this.flush() : undefined
    this.#records.push(record)
    // What contributes must do so before later records of other partitions.
    const isDue = this.#records.length >= recordsAtATime || log.contributes(record)
    if (flushed === undefined) return isDue ? this.flush() : undefined
    return isDue ? flushed.then(() => this.flush()) : flushed
  }

  async flush(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const { log, topic, partition, output, onTurn } = this.#options
    this.isCounting = records[0]!.offset > this.ruleSetOffset
    onTurn(this)
    const written = await log.process(partition, records)
    if (!this.isCounting) return
    const values: Buffer[] = []
    for (const record of written) if (record.topic === topic) values.push(record.value!)
    this.decisions += values.length
    if (values.length > 0) await output?.write(partition, values)
  }
}
