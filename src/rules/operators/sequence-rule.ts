import type { KeyedEvent, SequenceDef, SequenceMatch } from '../../operators/sequence/definition.ts'
import { evaluateSequence, type SequenceEvaluator, type SequenceTask } from '../../operators/sequence/evaluator.ts'
import {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from '../../topology/operator.ts'
import type { Firing } from '../decision.ts'
import type { Scope } from '../expression.ts'
import { isExpired } from '../plan.ts'
import type { SequenceRule } from '../rule-set.ts'
import { firingOf, type Verdict, verdictFor } from './event-rule.ts'
import type { Incoming, ReadyEvent, RiskEvent } from './incoming.ts'

/**
 * Evaluates one `sequence` rule: fires for the event that completes a match, with the match's other events as evidence. One
 * that ends in a `not` fires when stream time has passed without it, about the last named event.
 */
export const sequenceRule = (rule: SequenceRule, def: SequenceDef<RiskEvent>): OperatorDef<ReadyEvent, Verdict> => {
  const evaluator = evaluateSequence(def)
  const types = new Set(rule.steps.map((step) => step.event))
  const { events, waiting } = evaluator.stores
  return defineOperator({
    name: def.name,
    stores: evaluator.trailing ? [events, waiting] : [events],
    prefetch(record, ask) {
      const { ingested } = record.value as Incoming
      if (ingested.verdict !== 'accepted' || ingested.head.kind !== 'business' || !types.has(ingested.head.type)) return
      const typed = (record.value as Incoming).typed()
      if (typed.ok) evaluator.prefetch(keyed(record, typed.event), ask)
    },
    create: (ctx) => {
      const task = evaluator.open(ctx)
      const process = completing(rule, task, ctx)
      return evaluator.trailing ? { process, ...overdue(rule, { evaluator, task }, ctx) } : process
    },
  })
}

/** Fires for the event that completes a match. */
const completing =
  (rule: SequenceRule, task: SequenceTask<RiskEvent>, ctx: ProcessorContext<Verdict>) =>
  (record: StreamRecord<ReadyEvent>): void => {
    const { event } = record.value
    if (isExpired(rule, event.timeMs)) return
    const { match, truncated } = task.process(keyed(record, event), ctx.streamTimeMs())
    if (truncated) ctx.forward({ ...record, value: { kind: 'truncated', rule: rule.id } })
    if (match === undefined) return
    const verdict = verdictFor(rule.id, () => firing(rule, match, { arriving: event, ...record }))
    if (verdict !== undefined) ctx.forward({ ...record, value: verdict })
  }

/** Fires when stream time exceeds the time by which the `not` event should have come. */
const overdue = (
  rule: SequenceRule,
  { evaluator, task }: { readonly evaluator: SequenceEvaluator<RiskEvent>; readonly task: SequenceTask<RiskEvent> },
  ctx: ProcessorContext<Verdict>,
): Pick<Processor<ReadyEvent>, 'punctuate' | 'prefetchPunctuate'> => ({
  prefetchPunctuate({ fromMs, toMs, round }, ask) {
    if (round === 1) evaluator.prefetchDue(fromMs, toMs, ask)
    else evaluator.prefetchOverdue({ fromMs, toMs }, ctx, ask)
  },
  punctuate(move) {
    const { partition } = ctx
    for (const match of task.advance(move)) {
      const { key, timeMs, offset, value: event } = match.event
      if (isExpired(rule, timeMs)) continue
      const verdict = verdictFor(rule.id, () => firing(rule, match, { arriving: event, key, partition }))
      if (verdict === undefined) continue
      const { truncated, dueMs } = match
      const value: Verdict = { kind: 'overdue', rule: rule.id, verdict, event, dueMs, truncated, firedAt: move.offset }
      ctx.forward({ key, value, timestampMs: timeMs, headers: {}, topic: '', partition, offset })
    }
  },
})

function firing(
  rule: SequenceRule,
  match: SequenceMatch<RiskEvent>,
  { arriving, key, partition }: { readonly arriving: RiskEvent; readonly key: string; readonly partition: number },
): Firing {
  return firingOf(rule, rule.then.reason?.render(scopeOf(match, arriving, key)), evidenceOf(match, partition))
}

const keyed = ({ key, offset }: StreamRecord, event: RiskEvent): KeyedEvent<RiskEvent> => ({
  key,
  offset,
  timeMs: event.timeMs,
  value: event,
})

/** What a reason reads: the steps by name, and `e`, the event that arrived. */
const scopeOf = (match: SequenceMatch<RiskEvent>, arriving: RiskEvent, key: string): Scope => ({
  key,
  e: arriving.fields,
  ...Object.fromEntries(match.steps.map(({ name, event }) => [name, event.value.fields])),
})

const evidenceOf = ({ steps, arriving }: SequenceMatch<RiskEvent>, partition: number): Firing['evidence'] =>
  steps
    .filter(({ name }) => name !== arriving)
    .map(({ name, event }) => ({ id: event.value.id, offset: event.offset, partition, step: name }))
