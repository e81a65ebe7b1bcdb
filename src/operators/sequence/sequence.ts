import {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from '../../topology/operator.ts'
import type { KeyedEvent, SequenceDef, SequenceMatch } from './definition.ts'
import { evaluateSequence, type SequenceEvaluator, type SequenceTask } from './evaluator.ts'

/**
 * Forwards the most recent match that an arriving event completes, as the record of that event: several steps in event
 * time, for one key and `by`, within `withinMs` (inclusive), other events in between not mattering (skip till any match). An
 * event that comes out of order completes a match as any of its steps. Events older than stream time − `graceMs` are
 * dropped and counted (`late-records`). An event costs at most `maxCandidates` looks a step, however many there are.
 *
 * With a `not` after the last step it forwards when stream time has passed without it: the match, as a record with the last
 * step's key, time and offset, without headers and topic.
 *
 * @throws TopologyError when the definition contradicts itself
 */
export function sequence<E>(def: SequenceDef<E>): OperatorDef<E, SequenceMatch<E>> {
  const evaluator = evaluateSequence(def)
  const { events, waiting } = evaluator.stores
  const read = def.read ?? ((record: StreamRecord<unknown>) => record.value as E)
  return defineOperator<E, SequenceMatch<E>>({
    name: def.name,
    stores: evaluator.trailing ? [events, waiting] : [events],
    prefetch(record, ask) {
      const value = read(record)
      if (value !== undefined) evaluator.prefetch(eventOf(record, value), ask)
    },
    create(ctx) {
      const task = evaluator.open(ctx)
      const process = (record: StreamRecord<E>): void => {
        const streamTimeMs = ctx.streamTimeMs()
        if (record.timestampMs < streamTimeMs - def.graceMs) return ctx.count('late-records')
        const { match, truncated } = task.process(eventOf(record, record.value), streamTimeMs)
        if (truncated) ctx.count('truncated-look-backs')
        if (match !== undefined) ctx.forward({ ...record, value: match })
      }
      return evaluator.trailing ? { process, ...waiter({ evaluator, task }, ctx) } : process
    },
  })
}

/** Forwards what stream time has passed without its trailing `not`. */
const waiter = <E>(
  { evaluator, task }: { readonly evaluator: SequenceEvaluator<E>; readonly task: SequenceTask<E> },
  ctx: ProcessorContext<SequenceMatch<E>>,
): Pick<Processor<E>, 'punctuate' | 'prefetchPunctuate'> => ({
  prefetchPunctuate: (range, ask) => evaluator.prefetchPunctuate(range, ctx, ask),
  punctuate(move) {
    const { partition } = ctx
    for (const match of task.advance(move)) {
      const { key, timeMs, offset } = match.event
      ctx.forward({ key, value: match, timestampMs: timeMs, headers: {}, topic: '', partition, offset })
    }
  },
})

function eventOf<E>({ key, timestampMs, offset }: StreamRecord<unknown>, value: E): KeyedEvent<E> {
  return { key, timeMs: timestampMs, offset, value }
}
