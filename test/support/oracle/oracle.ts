import { type DecisionSite, decide, decidedTypes, decideLate, decideTrailing, type ExpectedDecision } from './decide.ts'
import { OracleFields } from './fields.ts'
import { OracleLists } from './lists.ts'
import { oraclePartitionOf } from './murmur2.ts'
import { type OracleHead, type OracleRecord, oracleHead, oraclePayload } from './records.ts'
import { OracleTables } from './rows.ts'
import { scenarioRuleTwins } from './scenario-twins.ts'
import { OracleWaiting } from './trailing.ts'
import type { OracleEvent, OracleOutcome, OracleRules } from './twins.ts'

export interface OracleOptions {
  /** As the decisions name it. */
  readonly ruleSet: { readonly hash: string; readonly offset: number }
  /** Default 1h. */
  readonly graceMs?: number
  /** Default 10m. */
  readonly maxAheadMs?: number
  /** Default 7d. */
  readonly dataDedupeMs?: number
  /** Default `all`. */
  readonly emit?: 'all' | 'flagged'
  /** Default `review`. */
  readonly onLate?: OracleOutcome | 'none'
  /** Default: the scenario's. */
  readonly rules?: OracleRules
}

export interface ExpectedPartition {
  /** In the order of the events decided. */
  readonly decisions: readonly ExpectedDecision[]
  readonly deadLetters: readonly { readonly offset: number; readonly reason: string }[]
  readonly late: readonly { readonly offset: number; readonly lagMs: number }[]
  /** Offsets of records dropped as duplicates, stale rows included. */
  readonly duplicates: readonly number[]
  /** Offsets of records that no rule or table names. */
  readonly dropped: readonly number[]
  /** `undefined` before the first valid record. */
  readonly streamTimeMs: number | undefined
}

type Plan = Required<OracleOptions>

/**
 * Decides a whole log again, without anything of Weir's: brute force, over a rule set written again by hand (the
 * scenario's in `scenario-twins.ts`). `partitions[p]` holds partition p in order of offset; records of kind
 * `decision` are passed over, so main itself can be given as it lies.
 */
export function recompute(
  partitions: readonly (readonly OracleRecord[])[],
  options: OracleOptions,
): ExpectedPartition[] {
  const plan: Plan = {
    graceMs: 3_600_000,
    maxAheadMs: 600_000,
    dataDedupeMs: 604_800_000,
    emit: 'all',
    onLate: 'review',
    rules: scenarioRuleTwins,
    ...options,
  }
  return partitions.map((records, partition) => {
    const oracle = new PartitionOracle(plan, { partition, ruleSet: plan.ruleSet }, partitions.length)
    for (const record of records) oracle.read(record)
    return oracle.result()
  })
}

/** The record goes to the dead-letter topic. */
class Refused extends Error {}

class PartitionOracle {
  readonly #plan: Plan
  readonly #site: DecisionSite
  readonly #partitions: number
  readonly #tables: OracleTables
  readonly #lists = new OracleLists()
  readonly #waiting: OracleWaiting
  readonly #decidedTypes: ReadonlySet<string>
  /** Applied business events by key, in log order. */
  readonly #history = new Map<string, OracleEvent[]>()
  /** Applied records by key and id. */
  readonly #ids = new Map<string, OracleHead[]>()
  #streamTimeMs: number | undefined
  readonly #decisions: ExpectedDecision[] = []
  readonly #deadLetters: { offset: number; reason: string }[] = []
  readonly #late: { offset: number; lagMs: number }[] = []
  readonly #duplicates: number[] = []
  readonly #dropped: number[] = []

  constructor(plan: Plan, site: DecisionSite, partitions: number) {
    this.#plan = plan
    this.#site = site
    this.#partitions = partitions
    this.#tables = new OracleTables(plan.rules.tables)
    this.#waiting = new OracleWaiting(plan.rules.twins)
    this.#decidedTypes = decidedTypes(plan.rules)
  }

  read(record: OracleRecord): void {
    try {
      this.#judge(record)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#deadLetters.push({ offset: record.offset, reason: error.message })
    }
    this.#fireDue(record.offset)
  }

  #fireDue(offset: number): void {
    if (this.#streamTimeMs === undefined) return
    for (const { twin, event } of this.#waiting.due(this.#streamTimeMs, (key) => this.#history.get(key) ?? []))
      this.#decisions.push(decideTrailing(twin, event, { site: this.#site, offset }))
  }

  #judge(record: OracleRecord): void {
    const head = oracleHead(record)
    if ('problem' in head) throw new Refused(`no valid ${head.problem}`)
    if (head.kind === 'decision') return
    if (!this.#moveStreamTime(head, record)) throw new Refused('ahead')
    if (head.kind === 'control') return this.#control(head, record)
    if (oraclePartitionOf(record.keyBytes!, this.#partitions) !== this.#site.partition) throw new Refused('misrouted')
    const isNamed =
      head.kind === 'data'
        ? this.#plan.rules.tables.some(({ from }) => from === head.type)
        : this.#decidedTypes.has(head.type)
    if (!isNamed) this.#dropped.push(record.offset)
    else if (this.#isDuplicate(head)) this.#duplicates.push(record.offset)
    else if (head.kind === 'data') this.#applyRow(head, record)
    else if (head.timeMs < this.#streamTimeMs! - this.#plan.graceMs) this.#applyLate(head, record)
    else this.#applyEvent(head, record)
  }

  result(): ExpectedPartition {
    return {
      decisions: this.#decisions,
      deadLetters: this.#deadLetters,
      late: this.#late,
      duplicates: this.#duplicates,
      dropped: this.#dropped,
      streamTimeMs: this.#streamTimeMs,
    }
  }

  /** False when a business record or a tick is ahead of its record's timestamp; a row moves the time only so far. */
  #moveStreamTime({ kind, type, timeMs }: OracleHead, { timestampMs }: OracleRecord): boolean {
    if (kind === 'control' && type !== 'tick') return true
    const mostMs = timestampMs === undefined ? Number.POSITIVE_INFINITY : timestampMs + this.#plan.maxAheadMs
    if (timeMs > mostMs && kind !== 'data') return false
    this.#streamTimeMs = Math.max(this.#streamTimeMs ?? Number.NEGATIVE_INFINITY, Math.min(timeMs, mostMs))
    return true
  }

  #control({ type }: OracleHead, record: OracleRecord): void {
    const payload = type === 'list' ? oraclePayload(record) : undefined
    if (payload !== undefined) this.#lists.apply(payload)
  }

  #isDuplicate({ key, id }: OracleHead): boolean {
    const { graceMs, dataDedupeMs } = this.#plan
    const earlier = this.#ids.get(JSON.stringify([key, id])) ?? []
    return earlier.some(
      ({ kind, timeMs }) => timeMs >= this.#streamTimeMs! - (kind === 'data' ? dataDedupeMs : graceMs),
    )
  }

  #takeId(head: OracleHead): void {
    const name = JSON.stringify([head.key, head.id])
    this.#ids.set(name, [...(this.#ids.get(name) ?? []), head])
  }

  #applyRow(head: OracleHead, record: OracleRecord): void {
    const payload = oraclePayload(record)
    if (payload === undefined) throw new Refused('no object')
    const verdict = this.#tables.apply({ ...head, offset: record.offset, payload })
    if (verdict === 'applied') this.#takeId(head)
    else if (verdict === 'stale') this.#duplicates.push(record.offset)
    else throw new Refused('row')
  }

  #applyLate(head: OracleHead, { offset }: OracleRecord): void {
    const { emit, onLate } = this.#plan
    const lagMs = this.#streamTimeMs! - head.timeMs
    this.#late.push({ offset, lagMs })
    if (onLate === 'none' || emit === 'flagged') return
    const event: OracleEvent = { ...head, offset, fields: new OracleFields({}, {}) }
    this.#decisions.push(decideLate(event, this.#site, { lagMs, outcome: onLate }))
  }

  #applyEvent(head: OracleHead, record: OracleRecord): void {
    const payload = oraclePayload(record)
    if (payload === undefined) throw new Refused('no object')
    const fields = new OracleFields(this.#plan.rules.events[head.type]!, payload)
    if (fields.misfits.length > 0) throw new Refused(`misfit ${fields.misfits.join(', ')}`)
    this.#takeId(head)
    const event: OracleEvent = { ...head, offset: record.offset, fields }
    const history = this.#history.get(head.key) ?? []
    this.#history.set(head.key, history)
    history.push(event)
    this.#waiting.add(event)
    const { rules } = this.#plan
    const rows = this.#tables.at(event)
    const decision = decide(event, { site: this.#site, rules, history, rows, lists: this.#lists })
    if (this.#plan.emit === 'all' || decision.fired.length > 0) this.#decisions.push(decision)
  }
}
