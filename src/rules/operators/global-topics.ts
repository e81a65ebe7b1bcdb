import { typedKey } from '../../operators/sequence/typed-key.ts'
import { canonicalJson } from '../../record/canonical-json.ts'
import { eventHeaders, featureTypePrefix, headerNames } from '../../record/ingress.ts'
import { partitionFor } from '../../record/murmur2.ts'
import type { Headers } from '../../record/record.ts'
import type { SinkDef, SourceDef } from '../../topology/topology.ts'
import type { Authenticity } from '../authenticity.ts'
import { nodeNames } from './admit.ts'
import { contributionSerde } from './contribution-serde.ts'
import { type Contribution, definitionHeader, type GlobalResult } from './global-definition.ts'
import type { Contributed } from './global-features.ts'

/** Kafka Streams' kind of name for a topic between two sub-topologies. */
export const repartitionTopic = (applicationId: string): string => `${applicationId}-global-features-repartition`

interface RepartitionOptions {
  readonly topic: string
  /** As many as main has. */
  readonly partitions: number
}

/** Brings all contributions with one `by` together, whichever customers they come from. */
export const contributionSink = ({ topic, partitions }: RepartitionOptions): SinkDef<Contribution> => ({
  name: nodeNames.contributions,
  topic,
  loopback: true,
  toRecord({ value, headers }) {
    const key = Buffer.from(typedKey(value.by)!)
    return {
      partition: partitionFor(key, partitions),
      key,
      value: contributionSerde.serialize(value),
      headers: traceOf(headers),
    }
  },
})

/** Leaves stream time to the operator, which knows the times of all partitions of main. */
export const contributionSource = ({ topic, partitions }: RepartitionOptions): SourceDef => ({
  name: nodeNames.repartition,
  topic,
  internal: { partitions },
  ingest(log) {
    const { partition, offset, headers } = log
    const value = contributedIn(log)
    const timestampMs = value?.contribution.cause.timeMs ?? -1
    return {
      streamTimeMs: undefined,
      record: { key: value?.keptBy ?? '', value, timestampMs, headers, topic, partition, offset },
    }
  },
})

function contributedIn(log: { readonly key: Buffer | null; readonly value: Buffer | null }): Contributed {
  if (log.key === null || log.value === null) return undefined
  try {
    return { keptBy: log.key.toString(), contribution: contributionSerde.deserialize(log.value) }
  } catch {
    return undefined
  }
}

/**
 * Writes results to main, on the customer and partition of the event that contributed, with its time. What is written does
 * something by its headers, so they are covered by the application's code.
 */
export const resultSink = (main: string, authenticity: Authenticity): SinkDef<GlobalResult> => ({
  name: nodeNames.results,
  topic: main,
  loopback: true,
  toRecord({ value: { contribution, value }, headers }) {
    const { definition, cause, by } = contribution
    const { partition, timeMs } = cause
    const type = `${featureTypePrefix}${definition.name}`
    const id = `f:${definition.name}:${partition}:${cause.offset}`
    const key = Buffer.from(contribution.key)
    const bytes = Buffer.from(canonicalJson({ by, cause: cause.id, value }))
    return {
      partition,
      key,
      value: bytes,
      headers: {
        ...eventHeaders({ kind: 'business', type, id, timeMs }),
        [definitionHeader]: Buffer.from(definition.hash),
        ...traceOf(headers),
        ...authenticity.seal({ key, id, value: bytes, bound: { type, timeMs, partition } }),
      },
    }
  },
})

function traceOf(headers: Headers): Headers {
  const trace = headers[headerNames.traceparent]
  return trace === undefined ? {} : { [headerNames.traceparent]: trace }
}
