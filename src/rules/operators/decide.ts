import {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from '../../topology/operator.ts'
import { type DecisionParts, type Firing, nothingRead, type ReadState, verdictIn } from '../decision.ts'
import { logPlaces, type Places } from '../places.ts'
import { type RuleSetPlan, typesOf } from '../plan.ts'
import { type Outcome, outcomes, type RuleSet } from '../rule-set.ts'
import { nodeNames } from './admit.ts'
import type { Overdue, Verdict } from './event-rule.ts'
import type { Late, ReadyEvent } from './incoming.ts'
import { NamedPaths } from './named-paths.ts'

/** A decision on its way to main. */
export interface Decision {
  readonly timeMs: number
  readonly parts: DecisionParts
}

export interface DecideOptions {
  readonly plan: RuleSetPlan
  readonly ruleSet: RuleSet
  readonly ruleSetOffset: () => number
  readonly places: Places
}

/**
 * Makes exactly one decision of each event of a decided type. The verdicts of its rules come first, then the event
 * itself: the graph forwards to the rules before it forwards here.
 */
export const decide = (options: DecideOptions): OperatorDef<Verdict | ReadyEvent | Late, Decision> =>
  defineOperator({
    name: nodeNames.decide,
    stores: [],
    create(ctx) {
      const decider = new Decider(options, ctx)
      const waits = options.plan.rules.some((rule) => rule.kind === 'sequence' && rule.steps.at(-1)?.kind === 'not')
      return waits ? decider : (record) => decider.process(record)
    },
  })

const none: readonly never[] = []

class Decider implements Processor<Verdict | ReadyEvent | Late> {
  readonly #options: DecideOptions
  readonly #ctx: ProcessorContext<Decision>
  readonly #named: ReadonlyMap<string, NamedPaths>
  #firings: Firing[] = []
  #failed: { rule: string; code: string }[] = []
  #truncated: string[] = []
  #overdue: (Overdue & { readonly key: string; readonly offset: number })[] = []

  constructor(options: DecideOptions, ctx: ProcessorContext<Decision>) {
    this.#options = options
    this.#ctx = ctx
    const { plan } = options
    this.#named = new Map(
      [...plan.events.keys()].map((type) => [
        type,
        new NamedPaths(plan.rules.filter((rule) => typesOf(rule).includes(type))),
      ]),
    )
  }

  process(record: StreamRecord<Verdict | ReadyEvent | Late>): void {
    const { value } = record
    if ('kind' in value) {
      this.#note(value, record)
    } else if ('lagMs' in value) {
      this.#decideLate(record as StreamRecord<Late>)
    } else {
      this.#decide(record as StreamRecord<ReadyEvent>)
    }
  }

  /** After the record's own decision come those that its time made due. */
  punctuate(): void {
    if (this.#overdue.length > 0) this.#decideOverdue()
  }

  /** As a decision's id names it. */
  #placeOf(partition: number, offset: number): string {
    const { places } = this.#options
    return `${partition}:${places.offsetOf(offset)}${places.suffixOf(offset)}`
  }

  #note(verdict: Verdict, { key, offset }: StreamRecord): void {
    if (verdict.kind === 'fired') this.#firings.push(verdict.firing)
    else if (verdict.kind === 'truncated') this.#truncated.push(verdict.rule)
    else if (verdict.kind === 'failed') this.#failed.push({ rule: verdict.rule, code: verdict.code })
    else this.#overdue.push({ ...verdict, key, offset })
  }

  /** Several due at one record: by due time, then offset, then rule. */
  #decideOverdue(): void {
    const due = this.#overdue.toSorted((a, b) => a.dueMs - b.dueMs || a.offset - b.offset || (a.rule < b.rule ? -1 : 1))
    this.#overdue = []
    for (const { key, offset, event, rule, verdict, truncated, firedAt } of due) {
      const { partition } = this.#ctx
      this.#ctx.count(`hits.${rule}`)
      this.#forward(
        { key, offset, partition, topic: '', timestampMs: event.timeMs, headers: {}, value: undefined },
        event,
        verdict.kind === 'fired' ? [verdict.firing] : [],
        {
          decisionId: `a:${this.#placeOf(partition, offset)}:${rule}`,
          failed: verdict.kind === 'failed' ? [{ rule, code: verdict.code }] : none,
          truncated: truncated ? [rule] : none,
          firedAt: { offset: firedAt },
          read: nothingRead,
        },
      )
    }
  }

  #decide(record: StreamRecord<ReadyEvent>): void {
    const { event, scope, rows } = record.value
    const firings = this.#firings
    const failed = this.#failed
    const truncated = this.#truncated
    // Most events have none, and what follows is done with them before the next one comes.
    if (firings.length > 0) this.#firings = []
    if (failed.length > 0) this.#failed = []
    if (truncated.length > 0) this.#truncated = []
    for (const { rule } of firings) this.#ctx.count(`hits.${rule}`)
    if (this.#options.ruleSet.options.emit === 'flagged' && firings.length === 0) return
    const named = this.#named.get(event.type)!
    if (!named.isDecided(event.timeMs)) return
    this.#forward(record, event, firings, { failed, truncated, read: named.read(event.timeMs, scope, rows) })
  }

  #decideLate(record: StreamRecord<Late>): void {
    const { options } = this.#options.ruleSet
    if (options.onLate === 'none' || options.emit === 'flagged') return
    const { head, lagMs } = record.value
    if (!this.#named.get(head.type)!.isDecided(head.timeMs)) return
    this.#forward(record, head, none, {
      failed: none,
      truncated: none,
      read: nothingRead,
      late: { lagMs, outcome: options.onLate },
    })
  }

  #forward(
    record: StreamRecord<unknown>,
    event: { readonly id: string; readonly type: string; readonly timeMs: number },
    firings: readonly Firing[],
    {
      decisionId = `d:${this.#placeOf(record.partition, record.offset)}`,
      failed,
      truncated,
      read: { features, rows, absent },
      firedAt,
      late,
    }: Pick<DecisionParts, 'failed' | 'truncated' | 'firedAt' | 'late'> & {
      readonly decisionId?: string
      readonly read: ReadState
    },
  ): void {
    const { key, partition, offset, headers, topic } = record
    const { id, type, timeMs } = event
    const { ruleSet, ruleSetOffset, places } = this.#options
    const parts: DecisionParts = {
      decisionId,
      event: { id, type, timeMs, offset, partition },
      key,
      firings,
      failed,
      truncated,
      features,
      rows,
      absent,
      ruleSet: { hash: ruleSet.hash, offset: ruleSetOffset() },
      firedAt,
      late,
    }
    this.#ctx.count(decisionsOf[verdictIn(parts).outcome])
    const value = { timeMs, parts: places === logPlaces ? parts : withPlaces(parts, places) }
    this.#ctx.forward({ key, value, timestampMs: record.timestampMs, headers, topic, partition, offset })
  }
}

const decisionsOf = Object.fromEntries(outcomes.map((outcome) => [outcome, `decisions.${outcome}`])) as Record<
  Outcome,
  string
>

/** A decision by the offsets of its log instead of the engine's. */
function withPlaces(parts: DecisionParts, places: Places): DecisionParts {
  const placed = <T extends { readonly offset: number }>(each: T): T => ({
    ...each,
    offset: places.offsetOf(each.offset),
  })
  return {
    ...parts,
    event: placed(parts.event),
    firings: parts.firings.map((firing) => ({ ...firing, evidence: firing.evidence.map(placed) })),
    rows: parts.rows.map(placed),
    firedAt: parts.firedAt === undefined ? undefined : placed(parts.firedAt),
  }
}
