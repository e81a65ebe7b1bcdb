import type { AggregateValue } from '../../operators/features/definition.ts'
import { evaluateFeatures, type FeatureEvaluator, type FeatureTask } from '../../operators/features/evaluator.ts'
import type { KeyValueStore, Prefetch } from '../../state/stores.ts'
import {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from '../../topology/operator.ts'
import type { Scope } from '../expression.ts'
import type { RuleSetPlan, TypePlan } from '../plan.ts'
import type { TableDef } from '../rule-set.ts'
import { nodeNames } from './admit.ts'
import { featureGroupDef, groupFeatures } from './feature-group.ts'
import { type Incoming, keyed, type ReadyEvent, type RiskEvent } from './incoming.ts'
import { type ControlListsDef, type ListsAt, openControlLists } from './lists.ts'
import { type Row, rowKeyOf, rowStore } from './table-rows.ts'

export interface ReadyEventsOptions {
  readonly plan: RuleSetPlan
  readonly graceMs: number
  /** The nodes that get the events of a type, in their order. */
  readonly routes: ReadonlyMap<string, readonly string[]>
  /** Absent when the rule set has no list that control records change. */
  readonly lists: ControlListsDef | undefined
}

interface Group {
  readonly evaluator: FeatureEvaluator<RiskEvent>
  /** Types whose events count or whose conditions read the features. */
  readonly types: ReadonlySet<string>
}

/**
 * Joins each event with what its type's conditions read: rows as of the event's offset, and windowed features. Then it goes to
 * the rules on its type.
 */
export function readyEvents(options: ReadyEventsOptions): OperatorDef<RiskEvent, ReadyEvent> {
  const { plan, graceMs, lists } = options
  const groups = groupFeatures(plan.features, graceMs).map((group): Group => {
    const names = new Set(group.features.map(({ name }) => name))
    const readers = [...plan.events].filter(([, type]) => type.features.some(({ name }) => names.has(name)))
    return {
      evaluator: evaluateFeatures(featureGroupDef(group, graceMs, ({ value, key }) => scopeOf(value, key))),
      types: new Set([group.event, ...readers.map(([type]) => type)]),
    }
  })
  const tables = new Set([...plan.events.values()].flatMap((type) => type.tables))
  return defineOperator({
    name: nodeNames.events,
    stores: [
      ...[...tables].map(rowStore),
      ...groups.map(({ evaluator }) => evaluator.store),
      ...(lists === undefined ? [] : [lists.store]),
    ],
    create: (ctx) => new Join(options, groups, ctx),
  })
}

/** What one type needs, bound to a task's stores. */
interface Lane {
  readonly tables: readonly { readonly table: TableDef; readonly rows: KeyValueStore<Row> }[]
  readonly features: readonly FeatureTask<RiskEvent>[]
  readonly children: readonly string[]
}

class Join implements Processor<RiskEvent> {
  readonly #ctx: ProcessorContext<ReadyEvent>
  readonly #graceMs: number
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #listsAt: ListsAt | undefined

  constructor(
    { plan, graceMs, routes, lists }: ReadyEventsOptions,
    groups: readonly Group[],
    ctx: ProcessorContext<ReadyEvent>,
  ) {
    this.#ctx = ctx
    this.#graceMs = graceMs
    if (lists !== undefined) this.#listsAt = openControlLists(ctx.store(lists.store), lists).at
    // A group is opened once a task, whichever types use it.
    const opened = groups.map(({ evaluator, types }) => ({ task: evaluator.open(ctx), types }))
    const lane = (type: string, { tables }: TypePlan): Lane => ({
      tables: tables.map((table) => ({ table, rows: ctx.store(rowStore(table)) })),
      features: opened.filter(({ types }) => types.has(type)).map(({ task }) => task),
      children: routes.get(type) ?? [],
    })
    this.#lanes = new Map([...plan.events].map(([type, typePlan]) => [type, lane(type, typePlan)]))
  }

  prefetch(record: StreamRecord, ask: Prefetch): void {
    const { ingested } = record.value as Incoming
    if (ingested.verdict !== 'accepted' || ingested.head.kind !== 'business') return
    const lane = this.#lanes.get(ingested.head.type)
    if (lane === undefined || lane.tables.length + lane.features.length === 0) return
    const typed = (record.value as Incoming).typed()
    if (!typed.ok) return
    const value = this.#withLists(typed.event)
    const event = keyed(record, value)
    for (const { table } of lane.tables) {
      const at = rowKeyOf(table, record.key, scopeOf(value, record.key))
      if (at !== undefined) ask.get(rowStore(table), at)
    }
    for (const features of lane.features) features.prefetch(event, ask)
  }

  process(record: StreamRecord<RiskEvent>): void {
    const { key } = record
    const event = this.#withLists(record.value)
    const lane = this.#lanes.get(event.type)!
    if (lane.tables.length + lane.features.length === 0) {
      return this.#forward(lane, record, { event, scope: scopeOf(event, key), rows: noRows })
    }
    const t: Record<string, unknown> = {}
    const f: Record<string, AggregateValue> = {}
    const rows: ReadyEvent['rows'][number][] = []
    const scope = scopeOf(event, key, { t, f })
    for (const { table, rows: store } of lane.tables) {
      const at = rowKeyOf(table, key, scope)
      const row = at === undefined ? undefined : store.get(at)
      if (row === undefined) continue
      t[table.name] = row.values
      rows.push({ table: table.name, id: row.recordId, offset: row.offset })
    }
    const counted = keyed(record, event)
    const streamTimeMs = this.#ctx.streamTimeMs()
    // A global feature's result may come back after grace, when its windows are gone: then features are absent.
    if (event.timeMs >= streamTimeMs - this.#graceMs) {
      for (const features of lane.features) features.process(counted, streamTimeMs, f)
    }
    this.#forward(lane, record, { event, scope, rows })
  }

  #forward(lane: Lane, record: StreamRecord, value: ReadyEvent): void {
    const ready = { ...record, value }
    for (const child of lane.children) this.#ctx.forwardTo(child, ready)
  }

  #withLists(event: RiskEvent): RiskEvent {
    return this.#listsAt === undefined ? event : { ...event, inList: this.#listsAt(event.timeMs) }
  }
}

interface ReadState {
  /** Rows by table. */
  readonly t: Readonly<Record<string, unknown>>
  /** Features by name. */
  readonly f: Readonly<Record<string, unknown>>
}

const nothing: ReadState = { t: {}, f: {} }
const noRows: ReadyEvent['rows'] = []

const scopeOf = ({ fields, inList }: RiskEvent, key: string, { t, f } = nothing): Scope =>
  inList === undefined ? { e: fields, key, t, f } : { e: fields, key, t, f, $inList: inList }
