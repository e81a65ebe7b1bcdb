import { RuleSetError, TopologyError } from '../errors.ts'
import { waitingSerde } from '../operators/sequence/waiting-serde.ts'
import type { IngressMapping } from '../record/ingress.ts'
import type { Headers } from '../record/record.ts'
import { TopologyBuilder } from '../topology/builder.ts'
import type { Topology } from '../topology/topology.ts'
import type { Authenticity } from './authenticity.ts'
import { compileSequence, type SharedStores } from './compile-sequence.ts'
import { loadContent } from './deploy/rule-set-content.ts'
import type { Prepare } from './deploy/rule-set-record.ts'
import { compileFieldReader } from './fields.ts'
import { keptEventSerde, keptFields } from './kept-event.ts'
import { mainSource } from './main-source.ts'
import { admit, nodeNames } from './operators/admit.ts'
import { contribute } from './operators/contribute.ts'
import { controlRecords } from './operators/control.ts'
import { decide } from './operators/decide.ts'
import { eventRule } from './operators/event-rule.ts'
import { globalDefinition } from './operators/global-definition.ts'
import { globalFeatures } from './operators/global-features.ts'
import { contributionSink, contributionSource, repartitionTopic, resultSink } from './operators/global-topics.ts'
import { controlListsOf } from './operators/lists.ts'
import { readyEvents } from './operators/ready-events.ts'
import { eventIdsStore, rowIdsStore } from './operators/seen-ids.ts'
import { sequenceRule } from './operators/sequence-rule.ts'
import { deadLetterSink, decisionSink, lateSink } from './operators/sinks.ts'
import { updateRows } from './operators/update-rows.ts'
import { logPlaces, type Places, type ReplayPlaces } from './places.ts'
import { planOf, type RuleSetPlan, typesOf } from './plan.ts'
import type { FeatureDef, RuleSet, SequenceRule } from './rule-set.ts'

export interface CompileOptions {
  readonly ruleSet: RuleSet
  /** Where the rule set was activated in the log, as of the record in hand; -1 when it was in force from the start. */
  readonly ruleSetOffset: number | (() => number)
  readonly mainTopic: string
  readonly partitions: number
  readonly mapping: IngressMapping
  readonly maxValueBytes: number
  readonly authenticity: Authenticity
  /** Headers of the moment for decisions; see `decisionSink`. */
  readonly stamp: () => Headers
  /** Prefix of the application's internal topics. Default `weir`. */
  readonly applicationId?: string
  /**
   * For a replay that works out global features by itself: which ones, and the places of their results. Default: all of
   * them, and the log's own offsets.
   */
  readonly places?: ReplayPlaces
  /** Why a rule set that loads cannot be deployed in place of this one; `undefined` when it can. Default: all can. */
  readonly objectionToDeploy?: (ruleSet: RuleSet) => string | undefined
}

/**
 * Wires a rule set to the engine's operators. There is no second engine: what a rule means is what its operators do.
 *
 *     main → admit → control, rows …, events → rule … → decide → decisions (main)
 *                  ↘ dead-letter, late       ↘ contribute → contributions
 *     repartition (the contributions, by their `by`) → global-features → results (main)
 */
export function compileRuleSet(options: CompileOptions): Topology {
  const { ruleSet, mainTopic, partitions, maxValueBytes, authenticity, stamp } = options
  const plan = planOf(ruleSet)
  const eventIds = eventIdsStore(ruleSet.options.graceMs)
  const rowIds = rowIdsStore(ruleSet.options.dataDedupeMs)
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
  builder.processor(controlRecords({ lists, objectionTo: (prepare) => objectionTo(prepare, options) }), nodeNames.admit)
  const globals = globalsOf(options, plan)
  const routes = new Map([...plan.events.keys()].map((type) => [type, routeOf(type, plan, globals)]))
  builder.processor(readyEvents({ plan, graceMs: ruleSet.options.graceMs, routes, lists }), nodeNames.admit)
  for (const rule of plan.rules) {
    const operator =
      rule.kind === 'event'
        ? eventRule(rule)
        : sequenceRule(rule, { compile: (listsAt) => compileSequence(rule, shared, listsAt), lists })
    builder.processor(operator, nodeNames.events)
  }
  const { ruleSetOffset } = options
  builder.processor(
    decide({
      plan,
      ruleSet,
      ruleSetOffset: typeof ruleSetOffset === 'number' ? () => ruleSetOffset : ruleSetOffset,
      places: placesOf(options),
    }),
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
  if (globals.length > 0) addGlobalFeatures(builder, globals, options)
  return builder.build()
}

/** The global features that the topology works out. */
function globalsOf({ places }: CompileOptions, { globals }: RuleSetPlan): readonly FeatureDef[] {
  return places === undefined ? globals : globals.filter(({ name }) => places.features.includes(name))
}

const placesOf = ({ places }: CompileOptions): Places =>
  places === undefined || places.features.length === 0 ? logPlaces : places

/** The nodes that get the events of a type, in their order: when an event arrives at `decide`, all its rules have spoken. */
function routeOf(type: string, { rules }: RuleSetPlan, globals: readonly FeatureDef[]): string[] {
  const named = rules.filter((rule) => typesOf(rule).includes(type))
  const decides = named.length === 0 ? [] : [...named.map(({ id }) => nodeNames.rule(id)), nodeNames.decide]
  return globals.some(({ event }) => event === type) ? [...decides, nodeNames.contribute] : decides
}

/** Contributions leave main by one sub-topology, and come back as results by another. */
function addGlobalFeatures(builder: TopologyBuilder, features: readonly FeatureDef[], options: CompileOptions): void {
  const { ruleSet, mainTopic, partitions, authenticity, applicationId = 'weir' } = options
  const { graceMs } = ruleSet.options
  const topic = repartitionTopic(applicationId)
  const definitions = features.map((feature) => globalDefinition(feature, graceMs))
  builder
    .processor(contribute({ features, graceMs, places: placesOf(options) }), nodeNames.events)
    .sink(contributionSink({ topic, partitions }), nodeNames.contribute)
    .source(contributionSource({ topic, partitions }))
    .processor(globalFeatures({ definitions, partitions }), nodeNames.repartition)
    .sink(resultSink(mainTopic, authenticity), nodeNames.globalFeatures)
}

/** Why the rule set of a control record cannot be deployed here: what decides must have been compiled once. */
function objectionTo({ hash, ruleSet: content }: Prepare, options: CompileOptions): string | undefined {
  const loaded = loadContent(content, hash)
  if (!loaded.ok) return loaded.detail
  try {
    compileRuleSet({ ...options, ruleSet: loaded.ruleSet })
    return options.objectionToDeploy?.(loaded.ruleSet)
  } catch (error) {
    if (error instanceof RuleSetError) return error.issues[0]?.message ?? error.message
    if (error instanceof TopologyError) return error.message
    throw error
  }
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
