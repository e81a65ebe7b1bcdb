import { TopologyError } from '../../errors.ts'
import { defineOperator, type OperatorDef, type StreamRecord } from '../../topology/operator.ts'
import type { KeyedEvent, SequenceDef, SequenceMatch } from './definition.ts'
import { evaluateSequence } from './evaluator.ts'

/**
 * Forwards the most recent match that an arriving event completes, as the record of that event: several steps in event
 * time, for one key and `by`, within `withinMs` (inclusive), other events in between not mattering (skip till any match). An
 * event that comes out of order completes a match as any of its steps. Events older than stream time − `graceMs` are
 * dropped and counted (`late-records`). An event costs at most `maxCandidates` looks a step, however many there are.
 *
 * @throws TopologyError when the definition contradicts itself, or ends in a `not` (see `evaluateSequence`)
 */
export function sequence<E>(def: SequenceDef<E>): OperatorDef<E, SequenceMatch<E>> {
  const evaluator = evaluateSequence(def)
  if (evaluator.trailing) {
    throw new TopologyError(
      'topology-invalid',
      `sequence ${def.name} ends in a not, which needs to hear of stream time: use evaluateSequence and call advance`,
    )
  }
  const read = def.read ?? ((record: StreamRecord<unknown>) => record.value as E)
  return defineOperator<E, SequenceMatch<E>>({
    name: def.name,
    stores: [evaluator.stores.events],
    prefetch(record, ask) {
      const value = read(record)
      if (value !== undefined) evaluator.prefetch(eventOf(record, value), ask)
    },
    create(ctx) {
      const task = evaluator.open(ctx)
      return (record) => {
        const streamTimeMs = ctx.streamTimeMs()
        if (record.timestampMs < streamTimeMs - def.graceMs) return ctx.count('late-records')
        const { match, truncated } = task.process(eventOf(record, record.value), streamTimeMs)
        if (truncated) ctx.count('truncated-look-backs')
        if (match !== undefined) ctx.forward({ ...record, value: match })
      }
    },
  })
}

function eventOf<E>({ key, timestampMs, offset }: StreamRecord<unknown>, value: E): KeyedEvent<E> {
  return { key, timeMs: timestampMs, offset, value }
}
