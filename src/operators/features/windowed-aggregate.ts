import { defineOperator, type OperatorDef, type StreamRecord } from '../../topology/operator.ts'
import type { KeyedEvent } from '../sequence/definition.ts'
import type { FeatureValues, WindowedAggregateDef } from './definition.ts'
import { evaluateFeatures } from './evaluator.ts'

/** An event with the features that it reads. */
export interface WithFeatures<E> {
  readonly event: E
  readonly features: FeatureValues
}

/**
 * Forwards each event with its features: aggregates over exact windows of event time, both ends inclusive, of the events
 * before it in the log (and itself, with `include: current`). Sums are exact and rounded once, so results depend on
 * neither the order of arrival nor eviction nor restarts. Events older than stream time − `graceMs` are dropped and counted
 * (`late-records`). Windows are held in memory and read again from the store when they are not there.
 *
 * @throws TopologyError when a feature contradicts itself
 */
export function windowedAggregate<E>(def: WindowedAggregateDef<E>): OperatorDef<E, WithFeatures<E>> {
  const evaluator = evaluateFeatures(def)
  const read = def.read ?? ((record: StreamRecord<unknown>) => record.value as E)
  return defineOperator<E, WithFeatures<E>>({
    name: def.name,
    stores: [evaluator.store],
    create(ctx) {
      const task = evaluator.open(ctx)
      return {
        prefetch(record, ask) {
          const value = read(record)
          if (value !== undefined) task.prefetch(eventOf(record, value), ask)
        },
        process(record) {
          const streamTimeMs = ctx.streamTimeMs()
          if (record.timestampMs < streamTimeMs - def.graceMs) return ctx.count('late-records')
          const { value } = record
          const features = task.process(eventOf(record, value), streamTimeMs)
          ctx.forward({ ...record, value: { event: value, features } })
        },
      }
    },
  })
}

function eventOf<E>({ key, timestampMs, offset }: StreamRecord<unknown>, value: E): KeyedEvent<E> {
  return { key, timeMs: timestampMs, offset, value }
}
