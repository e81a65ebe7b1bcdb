import type { KeyedEvent, SequenceDef, SequenceMatch } from '../../operators/sequence/definition.ts'
import { evaluateSequence } from '../../operators/sequence/evaluator.ts'
import { defineOperator, type OperatorDef, type StreamRecord } from '../../topology/operator.ts'
import type { Scope } from '../expression.ts'
import { isExpired } from '../plan.ts'
import type { SequenceRule } from '../rule-set.ts'
import { firingOf, type Verdict, verdictFor } from './event-rule.ts'
import type { Incoming, ReadyEvent, RiskEvent } from './incoming.ts'

/** Evaluates one `sequence` rule: fires for the event that completes a match, with the match's other events as evidence. */
export const sequenceRule = (rule: SequenceRule, def: SequenceDef<RiskEvent>): OperatorDef<ReadyEvent, Verdict> => {
  const evaluator = evaluateSequence(def)
  const types = new Set(rule.steps.map((step) => step.event))
  return defineOperator({
    name: def.name,
    stores: [evaluator.stores.events],
    prefetch(record, ask) {
      const { ingested } = record.value as Incoming
      if (ingested.verdict !== 'accepted' || ingested.head.kind !== 'business' || !types.has(ingested.head.type)) return
      const typed = (record.value as Incoming).typed()
      if (typed.ok) evaluator.prefetch(keyed(record, typed.event), ask)
    },
    create(ctx) {
      const task = evaluator.open(ctx)
      return (record) => {
        const { event } = record.value
        if (isExpired(rule, event.timeMs)) return
        const { match, truncated } = task.process(keyed(record, event), ctx.streamTimeMs())
        if (truncated) ctx.forward({ ...record, value: { kind: 'truncated', rule: rule.id } })
        if (match === undefined) return
        const verdict = verdictFor(rule.id, () =>
          firingOf(
            rule,
            rule.then.reason?.render(scopeOf(match, event, record.key)),
            evidenceOf(match, record.partition),
          ),
        )
        if (verdict !== undefined) ctx.forward({ ...record, value: verdict })
      }
    },
  })
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

const evidenceOf = ({ steps, arriving }: SequenceMatch<RiskEvent>, partition: number) =>
  steps
    .filter(({ name }) => name !== arriving)
    .map(({ name, event }) => ({ id: event.value.id, offset: event.offset, partition, step: name }))
