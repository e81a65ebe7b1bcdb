import { canonicalJson } from '../record/canonical-json.ts'
import { type Outcome, outcomes } from './rule-set.ts'

/** An event that a decision names, by its place in the log. */
export interface EventRef {
  readonly id: string
  readonly offset: number
}

/** A rule that fired for an event. */
export interface Firing {
  readonly rule: string
  readonly mode: 'live' | 'shadow'
  readonly outcome: Outcome
  readonly score: number
  readonly reason: string | undefined
  /** The other events of a sequence's match. */
  readonly evidence: readonly (EventRef & { readonly partition: number; readonly step: string })[]
}

export interface DecidedEvent extends EventRef {
  readonly partition: number
  readonly timeMs: number
  readonly type: string
}

/** What the conditions on an event's type name, as it stood at that event. */
export interface ReadState {
  readonly features: Readonly<Record<string, unknown>>
  readonly rows: readonly { readonly table: string; readonly id: string; readonly offset: number }[]
  readonly absent: readonly string[]
}

export interface DecisionParts extends ReadState {
  readonly decisionId: string
  readonly event: DecidedEvent
  readonly key: string
  readonly firings: readonly Firing[]
  readonly failed: readonly { readonly rule: string; readonly code: string }[]
  /** Rules that looked for a match among the newest candidates only. */
  readonly truncated: readonly string[]
  readonly ruleSet: { readonly hash: string; readonly offset: number }
  /** For the extra decision after a trailing `not`: the record that moved stream time. */
  readonly firedAt?: { readonly offset: number }
  /** For a late event: how far behind it was, and the outcome that the rule set gives to late events. */
  readonly late?: { readonly lagMs: number; readonly outcome: Outcome }
}

/** The most severe outcome of the live rules that fired and the highest of their scores; `allow` and 0 without any. */
export function verdictOf(firings: readonly Firing[]): { readonly outcome: Outcome; readonly score: number } {
  let severity = 0
  let score = 0
  for (const firing of firings) {
    if (firing.mode !== 'live') continue
    severity = Math.max(severity, outcomes.indexOf(firing.outcome))
    score = Math.max(score, firing.score)
  }
  return { outcome: outcomes[severity]!, score }
}

/** The decision's value, one canonical JSON text and a pure function of its parts, with the outcome that it says. */
export function decisionJson(parts: DecisionParts): { readonly json: string; readonly outcome: Outcome } {
  const { event, late, firings } = parts
  const { outcome, score } = late === undefined ? verdictOf(firings) : { outcome: late.outcome, score: 0 }
  const fired = firings.toSorted((a, b) => compareText(a.rule, b.rule))
  const json = canonicalJson({
    absent: parts.absent,
    decisionId: parts.decisionId,
    event: { id: event.id, offset: event.offset, partition: event.partition, time: event.timeMs, type: event.type },
    failed: parts.failed.toSorted((a, b) => compareText(a.rule, b.rule)),
    features: parts.features,
    fired: fired.map(({ rule, mode, outcome, score, reason, evidence }) => ({
      evidence,
      mode,
      outcome,
      ...(reason === undefined ? {} : { reason }),
      rule,
      score,
    })),
    ...(parts.firedAt === undefined ? {} : { firedAt: parts.firedAt }),
    key: parts.key,
    ...(late === undefined ? {} : { late: late.lagMs }),
    outcome,
    rows: parts.rows,
    ruleSet: parts.ruleSet,
    score,
    ...(parts.truncated.length > 0 ? { truncated: parts.truncated.toSorted() } : {}),
  })
  return { json, outcome }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
