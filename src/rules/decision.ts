import type { TextWriter } from '../record/packed/text-writer.ts'
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

const noFeatures = {}

/** Of rules whose conditions name nothing but the event. */
export const nothingRead: ReadState = { features: noFeatures, rows: [], absent: [] }

/** The rule set in force, and the offset from which on it is. */
export interface RuleSetRef {
  readonly hash: string
  readonly offset: number
}

export interface DecisionParts extends ReadState {
  readonly decisionId: string
  readonly event: DecidedEvent
  readonly key: string
  readonly firings: readonly Firing[]
  readonly failed: readonly { readonly rule: string; readonly code: string }[]
  /** Rules that looked for a match among the newest candidates only. */
  readonly truncated: readonly string[]
  readonly ruleSet: RuleSetRef
  /** For the extra decision after a trailing `not`: the record that moved stream time. */
  readonly firedAt?: { readonly offset: number } | undefined
  /** For a late event: how far behind it was, and the outcome that the rule set gives to late events. */
  readonly late?: { readonly lagMs: number; readonly outcome: Outcome } | undefined
}

export interface Verdict {
  readonly outcome: Outcome
  readonly score: number
}

/** The most severe outcome of the live rules that fired and the highest of their scores; `allow` and 0 without any. */
export function verdictOf(firings: readonly Firing[]): Verdict {
  let severity = 0
  let score = 0
  for (const firing of firings) {
    if (firing.mode !== 'live') continue
    severity = Math.max(severity, outcomes.indexOf(firing.outcome))
    score = Math.max(score, firing.score)
  }
  return { outcome: outcomes[severity]!, score }
}

/** What a decision says of its event: the verdict of its rules, or the rule set's on what comes late. */
export const verdictIn = ({ late, firings }: Pick<DecisionParts, 'late' | 'firings'>): Verdict =>
  late === undefined ? verdictOf(firings) : { outcome: late.outcome, score: 0 }

/**
 * Writes the decision's value, one canonical JSON text and a pure function of its parts. Members come in RFC 8785's order, and
 * JSON's own writer gives the canonical form of what is in them: its numbers are the same, and ingress and templates let no
 * half surrogate pair in.
 */
export function writeDecision(parts: DecisionParts, out: TextWriter): void {
  const { event, late, firings, firedAt, truncated, failed, features, absent, rows } = parts
  const { outcome, score } = verdictIn(parts)
  if (absent.length === 0) out.raw(nothingAbsent)
  else {
    out.text('{"absent":')
    out.text(JSON.stringify(absent))
    out.text(',"decisionId":')
  }
  out.quoted(parts.decisionId)
  out.text(',"event":{"id":')
  out.quoted(event.id)
  out.text(',"offset":')
  out.integer(event.offset)
  out.text(',"partition":')
  out.integer(event.partition)
  out.text(',"time":')
  out.integer(event.timeMs)
  out.text(',"type":')
  out.quoted(event.type)
  if (failed.length === 0 && firings.length === 0 && features === noFeatures) out.raw(nothingFound)
  else {
    out.text('},"failed":')
    writeList(byRule(failed), failedValue, out)
    out.text(',"features":')
    out.text(JSON.stringify(features))
    out.text(',"fired":')
    writeList(byRule(firings), firedValue, out)
  }
  if (firedAt !== undefined) {
    out.text(',"firedAt":{"offset":')
    out.integer(firedAt.offset)
    out.text('}')
  }
  out.text(',"key":')
  out.quoted(parts.key)
  if (late !== undefined) {
    out.text(',"late":')
    out.integer(late.lagMs)
  }
  out.text(',"outcome":"')
  out.text(outcome)
  out.text('","rows":')
  writeList(rows, rowValue, out)
  out.raw(ruleSetPiece(parts.ruleSet))
  out.text(score === 0 ? '0' : JSON.stringify(score))
  if (truncated.length > 0) {
    out.text(',"truncated":')
    out.text(JSON.stringify(truncated.toSorted()))
  }
  out.text('}')
}

/** Most lists of most decisions are empty. */
function writeList<T>(list: readonly T[], formOf: (item: T) => unknown, out: TextWriter): void {
  out.text(list.length === 0 ? '[]' : JSON.stringify(list.map(formOf)))
}

// Pieces that are the same in nearly all decisions, copied as bytes.
const nothingAbsent = Buffer.from('{"absent":[],"decisionId":')
const nothingFound = Buffer.from('},"failed":[],"features":{},"fired":[]')

let lastRuleSet: RuleSetRef | undefined
let lastPiece = Buffer.alloc(0)

/** What names the rule set, up to the score; made once for many decisions. */
function ruleSetPiece(ruleSet: RuleSetRef): Buffer {
  const { hash, offset } = ruleSet
  if (offset !== lastRuleSet?.offset || hash !== lastRuleSet.hash) {
    lastPiece = Buffer.from(`,"ruleSet":${JSON.stringify({ hash, offset })},"score":`)
    lastRuleSet = ruleSet
  }
  return lastPiece
}

const failedValue = ({ code, rule }: DecisionParts['failed'][number]): unknown => ({ code, rule })
const rowValue = ({ id, offset, table }: DecisionParts['rows'][number]): unknown => ({ id, offset, table })

function firedValue({ evidence, mode, outcome, reason, rule, score }: Firing): unknown {
  const events = evidence.map(({ id, offset, partition, step }) => ({ id, offset, partition, step }))
  return reason === undefined
    ? { evidence: events, mode, outcome, rule, score }
    : { evidence: events, mode, outcome, reason: reason.toWellFormed(), rule, score }
}

function byRule<T extends { readonly rule: string }>(entries: readonly T[]): readonly T[] {
  return entries.length < 2 ? entries : entries.toSorted((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}
