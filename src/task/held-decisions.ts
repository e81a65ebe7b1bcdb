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

interface Held extends HeldDecision {
  /** The input at which it was made. */
  readonly at: number
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
  /** First decisions, from the input in hand on. */
  readonly #held = new Map<string, Held>()
  readonly #asked = new Set<string>()
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
    const { offset: first } = records[0]!
    if (!(await this.#open(first))) return false
    this.#asked.clear()
    for (const [id, { at }] of this.#held) if (at < first) this.#held.delete(id)
    if (this.#brokeOff) this.#begin(first)
    const last = records.at(-1)!.offset
    while (this.#readTo <= last) {
      const record = this.#fetched[this.#next++]
      if (record !== undefined) this.#keep(record)
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
    this.#asked.add(id)
    return this.#revised.get(id) ?? this.#held.get(id)
  }

  /** How many decisions the log holds for these records, the last that were looked ahead for, which nobody has asked for. */
  unasked(records: readonly LogRecord[]): number {
    const [first, last] = [records[0]!.offset, records.at(-1)!.offset]
    let count = 0
    for (const [id, { at }] of this.#held) if (at >= first && at <= last && !this.#asked.has(id)) count++
    return count
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
    this.#held.clear()
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

  #keep(record: LogRecord): void {
    const id = this.#idOf(record)
    if (id === undefined) return
    const event = /^d:\d+:(\d+)$/.exec(id)?.[1]
    const at = event === undefined ? firedAt(record.value!) : Number(event)
    if (at === undefined) return
    this.#held.set(id, { digest: digestOf(record.value!), revision: 0, at })
    if (event !== undefined) this.#readTo = Math.max(this.#readTo, at)
  }

  /** Of a decision of this application. */
  #idOf({ headers, value }: LogRecord): string | undefined {
    if (value === null || String(headers[headerNames.kind]) !== 'decision') return undefined
    if (String(headers[applicationHeader] ?? this.#options.applicationId) !== this.#options.applicationId)
      return undefined
    return String(headers[headerNames.id])
  }
}

/** Where the extra decision of a sequence was made; `undefined` for what is no such decision. */
function firedAt(value: Buffer): number | undefined {
  try {
    return JSON.parse(String(value)).firedAt?.offset
  } catch {
    return undefined
  }
}
