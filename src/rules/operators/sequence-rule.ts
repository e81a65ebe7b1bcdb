import type { SequenceDef, SequenceMatch } from '../../operators/sequence/definition.ts'
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
import { type Incoming, keyed, type ReadyEvent, type RiskEvent } from './incoming.ts'
import { type ControlListsDef, type ListsAt, openControlLists } from './lists.ts'

export interface SequenceRuleOptions {
  /** Gives the sequence for a task with these control lists. */
  readonly compile: (listsAt?: ListsAt) => SequenceDef<RiskEvent>
  /** Absent when the rule set has no list that control records change. */
  readonly lists: ControlListsDef | undefined
}

/**
 * Evaluates one `sequence` rule: fires for the event that completes a match, with the match's other events as evidence. One
 * that ends in a `not` fires when stream time has passed without it, about the last named event.
 */
export const sequenceRule = (
  rule: SequenceRule,
  { compile, lists: controlLists }: SequenceRuleOptions,
): OperatorDef<ReadyEvent, Verdict> => {
  const def = compile()
  const shared = evaluateSequence(def)
  const lists = asksLists(rule) ? controlLists : undefined
  const types = new Set(rule.steps.map((step) => step.event))
  const { stores } = shared
  return defineOperator({
    name: def.name,
    stores: [
      stores.events,
      ...(shared.trailing ? [stores.waiting] : []),
      ...(lists === undefined ? [] : [lists.store]),
    ],
    create(ctx) {
      const listsAt = lists === undefined ? undefined : openControlLists(ctx.store(lists.store), lists).at
      const evaluator = listsAt === undefined ? shared : evaluateSequence(compile(listsAt))
      const task = evaluator.open(ctx)
      const speaker = new Speaker(rule, listsAt)
      const process = completing(speaker, task, ctx)
      return {
        prefetch(record, ask) {
          const { ingested } = record.value as Incoming
          if (ingested.verdict !== 'accepted' || ingested.head.kind !== 'business') return
          if (!types.has(ingested.head.type)) return
          const typed = (record.value as Incoming).typed()
          if (typed.ok) task.prefetch(keyed(record, typed.event), ask)
        },
        ...(evaluator.trailing
          ? { ...overdue(speaker, { evaluator, task }, ctx), ...waiting(rule, process, ctx) }
          : { process }),
      }
    },
  })
}

const asksLists = ({ steps, then }: SequenceRule): boolean =>
  [then.reason, ...steps.map(({ where }) => where)].some((each) => each !== undefined && each.lists.length > 0)

/** Fires for the event that completes a match. */
const completing =
  (speaker: Speaker, task: SequenceTask<RiskEvent>, ctx: ProcessorContext<Verdict>) =>
  (record: StreamRecord<ReadyEvent>): void => {
    const { event } = record.value
    const { rule } = speaker
    if (isExpired(rule, event.timeMs)) return
    const { match, truncated } = task.process(keyed(record, event), ctx.streamTimeMs())
    if (truncated) ctx.forward({ ...record, value: { kind: 'truncated', rule: rule.id } })
    if (match === undefined) return
    const verdict = verdictFor(rule.id, () => speaker.firing(match, { arriving: event, ...record }))
    if (verdict !== undefined) ctx.forward({ ...record, value: verdict })
  }

/** Fires when stream time exceeds the time by which the `not` event should have come. */
const overdue = (
  speaker: Speaker,
  { evaluator, task }: { readonly evaluator: SequenceEvaluator<RiskEvent>; readonly task: SequenceTask<RiskEvent> },
  ctx: ProcessorContext<Verdict>,
): Pick<Processor<ReadyEvent>, 'punctuate' | 'prefetchPunctuate'> => ({
  prefetchPunctuate: (range, ask) => evaluator.prefetchPunctuate(range, ctx, ask),
  punctuate(move) {
    const { partition } = ctx
    const { rule } = speaker
    for (const match of task.advance(move)) {
      const { key, timeMs, offset, value: event } = match.event
      if (isExpired(rule, timeMs)) continue
      const verdict = verdictFor(rule.id, () => speaker.firing(match, { arriving: event, key, partition }))
      if (verdict === undefined) continue
      const { truncated, dueMs } = match
      const value: Verdict = { kind: 'overdue', rule: rule.id, verdict, event, dueMs, truncated, firedAt: move.offset }
      ctx.forward({ key, value, timestampMs: timeMs, headers: {}, topic: '', partition, offset })
    }
  },
})

/**
 * Knows how long time must pass for what waits, without looking for it: events of the last named type may wait, and those
 * from before a restart are no later than stream time was.
 */
function waiting(
  { steps }: SequenceRule,
  process: (record: StreamRecord<ReadyEvent>) => void,
  ctx: ProcessorContext<Verdict>,
): Pick<Processor<ReadyEvent>, 'process' | 'waitsUntilMs'> {
  const last = steps.findLastIndex(({ kind }) => kind === 'event')
  const forMs = Math.max(...steps.slice(last + 1).map((step) => (step.kind === 'not' ? step.forMs! : 0)))
  const startMs = ctx.streamTimeMs()
  let untilMs = startMs < 0 ? Number.NEGATIVE_INFINITY : startMs + forMs
  return {
    process(record) {
      const { type, timeMs } = record.value.event
      if (type === steps[last]!.event) untilMs = Math.max(untilMs, timeMs + forMs)
      process(record)
    },
    waitsUntilMs: () => untilMs,
  }
}

/** Says what a match means, in the rule's words. */
class Speaker {
  readonly rule: SequenceRule
  readonly #listsAt: ListsAt | undefined

  constructor(rule: SequenceRule, listsAt: ListsAt | undefined) {
    this.rule = rule
    this.#listsAt = listsAt
  }

  firing(
    match: SequenceMatch<RiskEvent>,
    { arriving, key, partition }: { readonly arriving: RiskEvent; readonly key: string; readonly partition: number },
  ): Firing {
    const reason = this.rule.then.reason?.render(this.#scopeOf(match, arriving, key))
    return firingOf(this.rule, reason, evidenceOf(match, partition))
  }

  /** What a reason reads: the steps by name, and `e`, the event that arrived. */
  #scopeOf(match: SequenceMatch<RiskEvent>, arriving: RiskEvent, key: string): Scope {
    const steps = Object.fromEntries(match.steps.map(({ name, event }) => [name, event.value.fields]))
    const scope = { key, e: arriving.fields, ...steps }
    return this.#listsAt === undefined ? scope : { ...scope, $inList: this.#listsAt(arriving.timeMs) }
  }
}

const evidenceOf = ({ steps, arriving }: SequenceMatch<RiskEvent>, partition: number): Firing['evidence'] =>
  steps
    .filter(({ name }) => name !== arriving)
    .map(({ name, event }) => ({ id: event.value.id, offset: event.offset, partition, step: name }))
