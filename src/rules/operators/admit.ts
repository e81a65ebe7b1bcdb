import { type Head, isMisrouted } from '../../record/ingress.ts'
import { viewOfValue } from '../../record/value-in-place.ts'
import { defineOperator, type OperatorDef, type ProcessorContext, type StreamRecord } from '../../topology/operator.ts'
import { type RuleSetPlan, typesOf } from '../plan.ts'
import type { RuleSetOptions } from '../rule-set.ts'
import type { Incoming, Late, Rejected, RiskEvent } from './incoming.ts'
import { idKey, isDuplicate, type SeenIdsDef } from './seen-ids.ts'

export interface AdmitOptions {
  readonly plan: RuleSetPlan
  readonly options: RuleSetOptions
  readonly partitions: number
  /** Values above this are dead-lettered unread. */
  readonly maxValueBytes: number
  readonly eventIds: SeenIdsDef
  readonly rowIds: SeenIdsDef
}

export type Admitted = Rejected | Late | RiskEvent | Incoming

export const nodeNames = {
  admit: 'admit',
  deadLetter: 'dead-letter',
  late: 'late',
  control: 'control',
  decide: 'decide',
  decisions: 'decisions',
  events: 'events',
  contribute: 'contribute',
  contributions: 'contributions',
  repartition: 'repartition',
  globalFeatures: 'global-features',
  results: 'results',
  rule: (id: string) => `rule ${id}`,
  rows: (type: string) => `rows ${type}`,
} as const

/**
 * Decides what becomes of a record before any rule sees it, from headers first: forged, misrouted, duplicate, late; then
 * from its value. Stream time already includes the record itself.
 */
export const admit = (options: AdmitOptions): OperatorDef<Incoming, Admitted> =>
  defineOperator({
    name: nodeNames.admit,
    stores: [options.eventIds, options.rowIds],
    prefetch({ value }, ask) {
      const { ingested } = value as Incoming
      if (ingested.verdict !== 'accepted') return
      const { head } = ingested
      if (head.kind === 'business' && options.eventIds.kind !== 'ids')
        ask.get(options.eventIds, idKey(head.key, head.id))
      if (head.kind === 'data') ask.get(options.rowIds, idKey(head.key, head.id))
    },
    create: (ctx) => new Admission(options, ctx).process,
  })

class Admission {
  readonly #options: AdmitOptions
  readonly #ctx: ProcessorContext<Admitted>
  readonly #eventIds
  readonly #rowIds
  readonly #decided: ReadonlySet<string>

  constructor(options: AdmitOptions, ctx: ProcessorContext<Admitted>) {
    this.#options = options
    this.#ctx = ctx
    this.#eventIds = ctx.store(options.eventIds)
    this.#rowIds = ctx.store(options.rowIds)
    this.#decided = new Set(options.plan.rules.flatMap(typesOf))
  }

  readonly process = (record: StreamRecord<Incoming>): void => {
    const { log, ingested } = record.value
    if (ingested.verdict === 'ignored') return
    if (ingested.verdict === 'rejected') return this.#reject(record, ingested.reason, ingested.detail)
    const { head } = ingested
    if (isMisrouted(log, head, this.#options.partitions)) {
      return this.#reject(
        record,
        'misrouted',
        `the key hashes to another partition than ${log.partition}; its order would be lost`,
      )
    }
    const { maxValueBytes } = this.#options
    // A replay has no limit, and its values need not be in bytes.
    const bytes = maxValueBytes === Number.POSITIVE_INFINITY ? 0 : (viewOfValue(log)?.length ?? 0)
    if (bytes > maxValueBytes) {
      return this.#reject(record, 'too-large', `the value has ${bytes} bytes; the limit is ${maxValueBytes}`)
    }
    if (head.kind === 'control') this.#ctx.forwardTo(nodeNames.control, record)
    else if (head.kind === 'data') this.#admitRow(record, head)
    else this.#admitEvent(record, head)
  }

  #admitRow(record: StreamRecord<Incoming>, head: Head): void {
    const sinceMs = this.#ctx.streamTimeMs() - this.#options.options.dataDedupeMs
    const id = idKey(head.key, head.id)
    if (isDuplicate(this.#rowIds, { id, offset: record.offset, sinceMs })) return this.#ctx.count('duplicates')
    this.#ctx.forwardTo(nodeNames.rows(head.type), record)
  }

  #admitEvent(record: StreamRecord<Incoming>, head: Head): void {
    const { plan, options } = this.#options
    const { dedupe, feature } = plan.events.get(head.type)!.event
    const streamTimeMs = this.#ctx.streamTimeMs()
    const { offset } = record
    const id = dedupe ? idKey(head.key, head.id) : ''
    if (dedupe && isDuplicate(this.#eventIds, { id, offset, sinceMs: streamTimeMs - options.graceMs })) {
      return this.#ctx.count('duplicates')
    }
    const lagMs = streamTimeMs - head.timeMs
    // A global feature's result is not late: its cause was judged, and time went on while it was worked out.
    if (lagMs > options.graceMs && feature === undefined) return this.#late(record, head, lagMs)
    const typed = record.value.typed()
    if (!typed.ok) return this.#reject(record, typed.reason, typed.detail)
    if (dedupe) this.#eventIds.put(id, offset, head.timeMs)
    this.#ctx.forwardTo(nodeNames.events, { ...record, value: typed.event })
  }

  #late(record: StreamRecord<Incoming>, head: Head, lagMs: number): void {
    this.#ctx.count('late')
    const late = { ...record, value: { log: record.value.log, head, lagMs } }
    this.#ctx.forwardTo(nodeNames.late, late)
    if (this.#options.options.onLate !== 'none' && this.#decided.has(head.type))
      this.#ctx.forwardTo(nodeNames.decide, late)
  }

  #reject(record: StreamRecord<Incoming>, reason: Rejected['reason'], detail: string): void {
    this.#ctx.count(`dead-lettered.${reason}`)
    this.#ctx.forwardTo(nodeNames.deadLetter, { ...record, value: { log: record.value.log, reason, detail } })
  }
}
