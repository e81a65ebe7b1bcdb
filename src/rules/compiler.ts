import { waitingSerde } from '../operators/sequence/waiting-serde.ts'
import { createIngress, type Ingested, type IngressMapping, streamTimeOf, tickType } from '../record/ingress.ts'
import type { Headers, LogRecord } from '../record/record.ts'
import { TopologyBuilder } from '../topology/builder.ts'
import type { Ingest, SourceDef, Topology } from '../topology/topology.ts'
import type { Authenticity } from './authenticity.ts'
import { compileSequence, type SharedStores } from './compile-sequence.ts'
import { compileFieldReader, type FieldReader } from './fields.ts'
import { keptEventSerde, keptFields } from './kept-event.ts'
import { admit, nodeNames } from './operators/admit.ts'
import { controlRecords } from './operators/control.ts'
import { decide } from './operators/decide.ts'
import { eventRule } from './operators/event-rule.ts'
import { Incoming } from './operators/incoming.ts'
import { controlListsOf } from './operators/lists.ts'
import { readyEvents } from './operators/ready-events.ts'
import { seenIdsStore } from './operators/seen-ids.ts'
import { sequenceRule } from './operators/sequence-rule.ts'
import { deadLetterSink, decisionSink, lateSink } from './operators/sinks.ts'
import { updateRows } from './operators/update-rows.ts'
import { planOf, type RuleSetPlan, typesOf } from './plan.ts'
import type { RuleSet, SequenceRule } from './rule-set.ts'
import { refuseUnsupported } from './unsupported.ts'

export interface CompileOptions {
  readonly ruleSet: RuleSet
  /** Where the rule set lies in the log; -1 when it was in force from the start. */
  readonly ruleSetOffset: number
  readonly mainTopic: string
  readonly partitions: number
  readonly mapping: IngressMapping
  readonly maxValueBytes: number
  readonly authenticity: Authenticity
  /** Headers of the moment for decisions; see `decisionSink`. */
  readonly stamp: () => Headers
}

/**
 * Wires a rule set to the engine's operators. There is no second engine: what a rule means is what its operators do.
 * @throws RuleSetError for what the language has and the engine does not run yet
 *
 *     main → admit → control, rows …, events → rule … → decide → decisions (main)
 *                  ↘ dead-letter, late
 */
export function compileRuleSet(options: CompileOptions): Topology {
  const { ruleSet, mainTopic, partitions, maxValueBytes, authenticity, stamp } = options
  refuseUnsupported(ruleSet)
  const plan = planOf(ruleSet)
  const eventIds = seenIdsStore('event-ids', ruleSet.options.graceMs)
  const rowIds = seenIdsStore('row-ids', ruleSet.options.dataDedupeMs)
  const builder = new TopologyBuilder()
    .source(mainSource(options, plan))
    .processor(admit({ plan, options: ruleSet.options, partitions, maxValueBytes, eventIds, rowIds }), 'main')
    .sink(lateSink(mainTopic), nodeNames.admit)
  for (const [type, tables] of plan.tables) {
    builder.processor(
      updateRows({ type, tables, readerOf: ({ fields }) => compileFieldReader(fields), rowIds }),
      nodeNames.admit,
    )
  }
  const shared = sharedStores(ruleSet, plan)
  const lists = controlListsOf(ruleSet, shared.stores.events.retentionMs)
  builder.processor(controlRecords({ lists }), nodeNames.admit)
  const decidedTypes = new Set(plan.rules.flatMap(typesOf))
  const routes = new Map(
    [...decidedTypes].map((type) => {
      const named = plan.rules.filter((rule) => typesOf(rule).includes(type))
      // The decision comes last: when an event arrives there, all its rules have spoken.
      return [type, [...named.map(({ id }) => nodeNames.rule(id)), nodeNames.decide]]
    }),
  )
  builder.processor(readyEvents({ plan, graceMs: ruleSet.options.graceMs, routes, lists }), nodeNames.admit)
  for (const rule of plan.rules) {
    const operator =
      rule.kind === 'event'
        ? eventRule(rule)
        : sequenceRule(rule, { compile: (listsAt) => compileSequence(rule, shared, listsAt), lists })
    builder.processor(operator, nodeNames.events)
  }
  builder.processor(
    decide({ plan, ruleSet, ruleSetOffset: options.ruleSetOffset }),
    ...plan.rules.map(({ id }) => nodeNames.rule(id)),
    nodeNames.events,
    nodeNames.admit,
  )
  builder.sink(decisionSink({ main: mainTopic, authenticity, stamp }), nodeNames.decide)
  builder.sink(
    deadLetterSink(mainTopic),
    nodeNames.admit,
    nodeNames.control,
    ...[...plan.tables.keys()].map(nodeNames.rows),
  )
  return builder.build()
}

/** One store for the events of all sequences, kept as long as the longest of them needs. */
function sharedStores(ruleSet: RuleSet, { rules }: RuleSetPlan): SharedStores {
  const sequences = rules.filter((rule) => rule.kind === 'sequence')
  const { graceMs } = ruleSet.options
  const trailingMs = (rule: SequenceRule): number =>
    Math.max(0, ...rule.steps.map((step) => (step.kind === 'not' ? (step.forMs ?? 0) : 0)))
  const retentionMs = Math.max(0, ...sequences.map((rule) => rule.withinMs + trailingMs(rule))) + graceMs
  const serde = keptEventSerde(keptFields(sequences))
  return {
    graceMs,
    stores: {
      events: { kind: 'window', name: 'sequence-events', serde, retentionMs },
      waiting: { kind: 'window', name: 'sequence-waiting', serde: waitingSerde(serde), retentionMs },
    },
  }
}

/** Reads main by its headers; what the rule set does not name is dropped here, its value unread. */
function mainSource({ mainTopic, mapping, ruleSet, authenticity }: CompileOptions, plan: RuleSetPlan): SourceDef {
  const { maxAheadMs } = ruleSet.options
  const ingress = createIngress({
    mapping,
    maxAheadMs,
    ...(authenticity.objection === undefined ? {} : { objection: authenticity.objection }),
  })
  const readers = new Map(
    [...plan.events].map(([type, { event }]): [string, FieldReader] => [type, compileFieldReader(event.fields)]),
  )
  const hasLists = [...ruleSet.lists.values()].some(({ from }) => from === 'control')
  return {
    name: 'main',
    topic: mainTopic,
    ingest(log: LogRecord): Ingest {
      const ingested = ingress(log)
      const streamTimeMs = streamTimeOf(log, ingested, maxAheadMs)
      if (ingested.verdict === 'ignored') return { streamTimeMs, record: undefined }
      // The ticks of another application with other keys come every second: they are not for us, and no attack.
      if (isForgedTick(ingested) && authenticity.isOthers?.(log)) return { streamTimeMs, record: undefined }
      const head = ingested.verdict === 'accepted' ? ingested.head : undefined
      if (head !== undefined && !isWanted(head)) return { streamTimeMs, record: undefined }
      const { topic, partition, offset, headers } = log
      const value = new Incoming(log, ingested, head === undefined ? undefined : readers.get(head.type))
      // Whether an event fills a step or counts may depend on a list: that is known after the list's record.
      const isBarrier = hasLists && head?.kind === 'control' && head.type === 'list'
      return {
        streamTimeMs,
        isBarrier,
        record: { key: head?.key ?? '', value, timestampMs: head?.timeMs ?? -1, headers, topic, partition, offset },
      }
    },
  }

  function isWanted({ kind, type }: { readonly kind: string; readonly type: string }): boolean {
    if (kind === 'business') return plan.events.has(type)
    if (kind === 'control') return true
    return kind === 'data' && plan.tables.has(type)
  }
}

const isForgedTick = (ingested: Ingested): boolean =>
  ingested.verdict === 'rejected' && ingested.reason === 'forged' && ingested.head?.type === tickType
