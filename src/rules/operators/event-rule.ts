import { defineOperator, type OperatorDef } from '../../topology/operator.ts'
import type { Firing } from '../decision.ts'
import type { Scope } from '../expression.ts'
import { isExpired } from '../plan.ts'
import type { EventRule, Rule } from '../rule-set.ts'
import { nodeNames } from './admit.ts'
import type { ReadyEvent, RiskEvent } from './incoming.ts'

/** A rule's word on the current event, for the decision that follows it. */
export type Verdict =
  | { readonly kind: 'fired'; readonly firing: Firing }
  | { readonly kind: 'failed'; readonly rule: string; readonly code: string }
  | { readonly kind: 'truncated'; readonly rule: string }
  | Overdue

/** A rule fired about an earlier event, because nothing came after it in time. */
export interface Overdue {
  readonly kind: 'overdue'
  readonly rule: string
  readonly verdict: Verdict
  readonly event: RiskEvent
  readonly dueMs: number
  readonly truncated: boolean
  /** The offset of the record that moved stream time past the due time. */
  readonly firedAt: number
}

/** Evaluates one `event` + `when` rule. A condition that reads an absent field, or meets another CEL error, is not matched. */
export const eventRule = (rule: EventRule): OperatorDef<ReadyEvent, Verdict> =>
  defineOperator({
    name: nodeNames.rule(rule.id),
    stores: [],
    create(ctx) {
      // Of the event in hand: most are not matched, so that what is made for each is most of the cost.
      let scope: Scope = {}
      const evaluate = () =>
        rule.when.evaluate(scope) === true ? firingOf(rule, rule.then.reason?.render(scope), []) : undefined
      return (record) => {
        if (isExpired(rule, record.value.event.timeMs)) return
        scope = record.value.scope
        const verdict = verdictFor(rule.id, evaluate)
        if (verdict !== undefined) ctx.forward({ ...record, value: verdict })
      }
    },
  })

/** Runs a rule's evaluation; a failure of ours becomes part of the decision, and the other rules go on. */
export function verdictFor(rule: string, evaluate: () => Firing | undefined): Verdict | undefined {
  try {
    const firing = evaluate()
    return firing === undefined ? undefined : { kind: 'fired', firing }
  } catch {
    return { kind: 'failed', rule, code: 'evaluation-failed' }
  }
}

/** What a rule says when it fires. */
export const firingOf = (rule: Rule, reason: string | undefined, evidence: Firing['evidence']): Firing => ({
  rule: rule.id,
  mode: rule.mode === 'shadow' ? 'shadow' : 'live',
  outcome: rule.then.outcome,
  score: rule.then.score,
  reason,
  evidence,
})
