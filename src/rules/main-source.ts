import { viewOfHeader } from '../record/in-place.ts'
import {
  createIngress,
  featureTypePrefix,
  type Head,
  headerNames,
  type Ingested,
  type IngressMapping,
  isResult,
  streamTimeOf,
  tickType,
} from '../record/ingress.ts'
import type { Headers, LogRecord } from '../record/record.ts'
import type { Ingest, SourceDef } from '../topology/topology.ts'
import type { Authenticity } from './authenticity.ts'
import { ruleSetType } from './deploy/rule-set-record.ts'
import { definitionHeader, globalDefinition } from './operators/global-definition.ts'
import { Incoming } from './operators/incoming.ts'
import { compilePayloadFieldReader, type PayloadFieldReader } from './payload-fields.ts'
import type { RuleSetPlan } from './plan.ts'
import type { RuleSet } from './rule-set.ts'

export interface MainSourceOptions {
  readonly ruleSet: RuleSet
  readonly mainTopic: string
  readonly mapping: IngressMapping
  readonly authenticity: Authenticity
}

/** Reads main by its headers; what the rule set does not name is dropped here, its value unread. */
export function mainSource(
  { mainTopic, mapping, ruleSet, authenticity }: MainSourceOptions,
  plan: RuleSetPlan,
): SourceDef {
  const { maxAheadMs } = ruleSet.options
  const ingress = createIngress({
    mapping,
    maxAheadMs,
    ...(authenticity.objection === undefined ? {} : { objection: authenticity.objection }),
  })
  const readers = new Map(
    [...plan.events].map(([type, { event }]): [string, PayloadFieldReader] => [
      type,
      compilePayloadFieldReader(event.fields, ['time', 'id', 'type']),
    ]),
  )
  const definitions = new Map(
    plan.globals.map((feature) => [
      `${featureTypePrefix}${feature.name}`,
      globalDefinition(feature, ruleSet.options.graceMs).hash,
    ]),
  )
  const hasLists = [...ruleSet.lists.values()].some(({ from }) => from === 'control')
  return {
    name: 'main',
    topic: mainTopic,
    endsBatch: isRuleSetRecord,
    ingest(log: LogRecord): Ingest {
      const ingested = ingress(log)
      const streamTimeMs = streamTimeOf(log, ingested, maxAheadMs)
      if (ingested.verdict === 'ignored') return { streamTimeMs, record: undefined }
      // What another application with other keys writes for itself is not for us, and no attack.
      if (isForOwner(ingested) && authenticity.isOthers?.(log)) return { streamTimeMs, record: undefined }
      const head = ingested.verdict === 'accepted' ? ingested.head : undefined
      if (head !== undefined && !isWanted(head, log)) return { streamTimeMs, record: undefined }
      const { topic, partition, offset } = log
      const value = new Incoming(log, ingested, head === undefined ? undefined : readers.get(head.type))
      // Whether an event fills a step or counts may depend on a list: that is known after the list's record.
      const isBarrier = hasLists && head?.kind === 'control' && head.type === 'list'
      return {
        streamTimeMs,
        isBarrier,
        record: {
          key: head?.key ?? '',
          value,
          timestampMs: head?.timeMs ?? -1,
          headers: passedOn(log),
          topic,
          partition,
          offset,
        },
      }
    },
  }

  function isWanted({ kind, type }: Head, log: LogRecord): boolean {
    if (kind === 'business') return plan.events.has(type) && isOfDefinition(type, log)
    if (kind === 'control') return true
    return kind === 'data' && plan.tables.has(type)
  }

  /** A result of a feature that has been defined anew since is not this feature's. */
  function isOfDefinition(type: string, log: LogRecord): boolean {
    const hash = definitions.get(type)
    return hash === undefined || (viewOfHeader(log, definitionHeader)?.text() ?? hash) === hash
  }
}

/** Ticks that are not ours, and results: an application writes them for itself alone. */
function isForOwner(ingested: Ingested): boolean {
  if (ingested.verdict === 'accepted') return isResult(ingested.head)
  if (ingested.verdict === 'ignored' || ingested.reason !== 'forged') return false
  const { kind, type } = ingested.head ?? {}
  return type === tickType || (kind !== undefined && type !== undefined && isResult({ kind, type }))
}

const noHeaders: Headers = {}

/** The headers that go from an event to what is written about it. */
function passedOn(log: LogRecord): Headers {
  if (log.ingested !== undefined || viewOfHeader(log, headerNames.traceparent) === undefined) return noHeaders
  return { [headerNames.traceparent]: log.headers[headerNames.traceparent]! }
}

const ruleSetBytes = Buffer.from(ruleSetType)
const controlBytes = Buffer.from('control')

/** True also for a forged one, which then only ends a batch. */
const isRuleSetRecord = (log: LogRecord): boolean =>
  viewOfHeader(log, headerNames.type)?.equals(ruleSetBytes) === true &&
  viewOfHeader(log, headerNames.kind)?.equals(controlBytes) === true
