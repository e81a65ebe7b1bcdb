import { hash } from 'node:crypto'
import type { Log, PartitionReader } from '../log/log.ts'
import { applicationHeader, headerNames } from '../record/headers.ts'
import type { LogRecord, TopicPartition } from '../record/record.ts'

export interface HeldDecisionsOptions {
  readonly log: Pick<Log, 'openReader' | 'endOffset'>
  readonly source: TopicPartition
  /** Whose decisions count. */
  readonly applicationId: string
  /** Decisions that resets wrote again lie from here on; `undefined` when there are none. */
  readonly revisedFrom: number | undefined
  readonly maxBytes: number
  /** True when nobody waits any more. */
  readonly stopped: () => boolean
}

/** The decision of an id that the log holds. */
export interface HeldDecision {
  /** Of its value. */
  readonly digest: string
  /** The reset that wrote it; 0 for the first of all. */
  readonly revision: number
}

/** A value's digest, as held decisions have it. */
export const digestOf = (value: Buffer): string => hash('sha256', value, 'base64')

const pollMs = 100

/**
 * Finds the decisions that the log holds for input which is processed once more, by reading ahead. A task writes decisions
 * in the order of its input: once that of a later event has come, all for the input before have. So few are in memory at a
 * time, however far decisions lie behind their events; only those that resets wrote again, which lie behind all others, are
 * remembered for as long as the object lives (about 150 bytes each).
 */
export class HeldDecisions {
  readonly #options: HeldDecisionsOptions
  readonly #revised = new Map<string, HeldDecision>()
  /** Up to the last decision of an event that was asked for. */
  readonly #due = new Map<string, HeldDecision>()
  /** Behind it: sequences that ended there, and what else belongs to later input. */
  readonly #early = new Map<string, HeldDecision>()
  /** The latest event whose decision has been read. */
  #readTo = -1
  #reader: PartitionReader | undefined
  #fetched: readonly LogRecord[] = []
  #next = 0
  #end: number | undefined
  #brokeOff = false

  constructor(options: HeldDecisionsOptions) {
    this.#options = options
  }

  /**
   * Reads on until `find` knows all decisions of these records, which must come in order and without gaps. False when it
   * was stopped before.
   */
  async lookAhead(records: readonly LogRecord[]): Promise<boolean> {
    if (!(await this.#open(records[0]!.offset))) return false
    this.#due.clear()
    if (this.#brokeOff) this.#begin(records[0]!.offset)
    const last = records.at(-1)!.offset
    if (this.#readTo <= last) this.#promote()
    while (this.#readTo <= last) {
      const record = this.#fetched[this.#next++]
      if (record !== undefined) this.#keep(record, last)
      else if (this.#reader!.position >= this.#end!) break
      else if (!(await this.#fetch())) {
        this.#brokeOff = true
        return false
      }
    }
    return true
  }

  /** What the log holds last under a decision's id or in its place; `undefined` when it holds none. */
  find(id: string): HeldDecision | undefined {
    return this.#revised.get(id) ?? this.#due.get(id) ?? this.#early.get(id)
  }

  /** Ends a waiting `lookAhead`. */
  async close(): Promise<void> {
    await this.#reader?.close()
  }

  /** False when it was stopped before all decisions that were written again had been read. */
  async #open(offset: number): Promise<boolean> {
    const { log, source, revisedFrom, maxBytes } = this.#options
    if (this.#end !== undefined) return true
    const end = await log.endOffset(source, 'read-uncommitted')
    const from = revisedFrom ?? offset
    this.#reader = await log.openReader({ ...source, offset: from, isolation: 'read-committed', maxBytes })
    while (revisedFrom !== undefined && this.#reader.position < end) {
      if (!(await this.#fetch())) {
        await this.#reader.close()
        return false
      }
      for (const record of this.#fetched) this.#remember(record)
    }
    this.#begin(offset)
    this.#end = end
    return true
  }

  #begin(offset: number): void {
    this.#early.clear()
    this.#readTo = -1
    this.#fetched = []
    this.#next = 0
    this.#brokeOff = false
    this.#reader!.seek(offset)
  }

  async #fetch(): Promise<boolean> {
    if (this.#options.stopped()) return false
    this.#fetched = (await this.#reader!.poll(pollMs)).records
    this.#next = 0
    return true
  }

  #remember(record: LogRecord): void {
    const revised = /^r:(\d+):(.*)$/s.exec(this.#idOf(record) ?? '')
    if (revised === null) return
    this.#revised.set(revised[2]!, { digest: digestOf(record.value!), revision: Number(revised[1]) })
  }

  #keep(record: LogRecord, last: number): void {
    const id = this.#idOf(record)
    if (id === undefined) return
    const event = /^d:\d+:(\d+)$/.exec(id)
    this.#early.set(id, { digest: digestOf(record.value!), revision: 0 })
    if (event === null) return
    this.#readTo = Math.max(this.#readTo, Number(event[1]))
    if (this.#readTo <= last) this.#promote()
  }

  #promote(): void {
    for (const [id, held] of this.#early) this.#due.set(id, held)
    this.#early.clear()
  }

  /** Of a decision of this application. */
  #idOf({ headers, value }: LogRecord): string | undefined {
    if (value === null || String(headers[headerNames.kind]) !== 'decision') return undefined
    if (String(headers[applicationHeader] ?? this.#options.applicationId) !== this.#options.applicationId)
      return undefined
    return String(headers[headerNames.id])
  }
}
