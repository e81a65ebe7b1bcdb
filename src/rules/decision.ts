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

/**
 * The decision's value, one canonical JSON text and a pure function of its parts, with the outcome that it says. Members are
 * put together in RFC 8785's order, and JSON's own writer gives the canonical form of what is in them: its numbers are the
 * same, and ingress and templates let no half surrogate pair in.
 */
export function decisionJson(parts: DecisionParts): { readonly json: string; readonly outcome: Outcome } {
  const { event, late, firings, firedAt, truncated, ruleSet, key } = parts
  const { outcome, score } = late === undefined ? verdictOf(firings) : { outcome: late.outcome, score: 0 }
  const json =
    `{"absent":${listJson(parts.absent)},"decisionId":${quotedText(parts.decisionId)},` +
    `"event":{"id":${quotedText(event.id)},"offset":${event.offset},"partition":${event.partition},"time":${event.timeMs},` +
    `"type":${quotedText(event.type)}},"failed":${listJson(byRule(parts.failed), ({ code, rule }) => ({ code, rule }))},` +
    `"features":${quoted(parts.features)},"fired":${listJson(byRule(firings), firedValue)},` +
    `${firedAt === undefined ? '' : `"firedAt":{"offset":${firedAt.offset}},`}"key":${quotedText(key)},` +
    `${late === undefined ? '' : `"late":${late.lagMs},`}"outcome":"${outcome}",` +
    `"rows":${listJson(parts.rows, ({ id, offset, table }) => ({ id, offset, table }))},` +
    `"ruleSet":{"hash":${quotedText(ruleSet.hash)},"offset":${ruleSet.offset}},"score":${quoted(score)}` +
    `${truncated.length === 0 ? '' : `,"truncated":${quoted(truncated.toSorted())}`}}`
  return { json, outcome }
}

const quoted = (value: unknown): string => JSON.stringify(value)

const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Most texts need no escapes: those are written as they are. */
const quotedText = (text: string): string => (plainText.test(text) ? `"${text}"` : quoted(text))

/** Most lists of most decisions are empty. */
const listJson = <T>(list: readonly T[], formOf: (item: T) => unknown = (item) => item): string =>
  list.length === 0 ? '[]' : quoted(list.map((item) => formOf(item)))

function firedValue({ evidence, mode, outcome, reason, rule, score }: Firing): unknown {
  const events = evidence.map(({ id, offset, partition, step }) => ({ id, offset, partition, step }))
  return reason === undefined
    ? { evidence: events, mode, outcome, rule, score }
    : { evidence: events, mode, outcome, reason: reason.toWellFormed(), rule, score }
}

function byRule<T extends { readonly rule: string }>(entries: readonly T[]): readonly T[] {
  return entries.length < 2 ? entries : entries.toSorted((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}
