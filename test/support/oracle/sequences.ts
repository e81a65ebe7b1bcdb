import { holds } from './fields.ts'
import type { OracleEvent, SequenceTwin } from './twins.ts'

/** Beyond this the contract cuts candidates off; scenarios must stay below, so the oracle need not know how. */
const maxCandidates = 1000

const isBefore = (a: OracleEvent, b: OracleEvent): boolean =>
  a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.offset < b.offset)

/** The `by` of an event; `undefined` when it has none, so that it takes part in no match. */
function byOf(rule: SequenceTwin, event: OracleEvent): string | undefined {
  if (rule.by === undefined) return ''
  let by: string | undefined
  holds(() => {
    by = rule.by!(event)
    return true
  })
  return by
}

function noneBetween(rule: SequenceTwin, match: readonly OracleEvent[], history: readonly OracleEvent[]): boolean {
  return rule.steps.every(({ not }, index) => {
    if (not === undefined) return true
    const fromMs = match[index - 1]!.timeMs
    const toMs = match[index]!.timeMs
    const by = byOf(rule, match[index]!)
    return !history.some(
      (event) => event.type === not && byOf(rule, event) === by && event.timeMs > fromMs && event.timeMs <= toMs,
    )
  })
}

/** True when `a` is the better match: step by step from the last to the first, the later event counts. */
function isBetter(a: readonly OracleEvent[], b: readonly OracleEvent[]): boolean {
  for (let step = a.length - 1; step >= 0; step--) {
    if (a[step] === b[step]) continue
    return isBefore(b[step]!, a[step]!)
  }
  return false
}

/**
 * The match that `arriving` completes, by trying every combination: the steps' events in their order, or `undefined`.
 * `history` holds the key's applied events in log order, `arriving` last.
 */
export function bestMatch(
  rule: SequenceTwin,
  arriving: OracleEvent,
  history: readonly OracleEvent[],
): readonly OracleEvent[] | undefined {
  const by = byOf(rule, arriving)
  if (by === undefined || !rule.steps.some(({ type }) => type === arriving.type)) return undefined
  const candidates = history.filter(
    (event) => Math.abs(event.timeMs - arriving.timeMs) <= rule.withinMs && byOf(rule, event) === by,
  )
  if (candidates.length > maxCandidates) throw new Error(`${rule.id} has too many candidates for the oracle`)
  let best: readonly OracleEvent[] | undefined
  const extend = (match: readonly OracleEvent[]): void => {
    const step = rule.steps[match.length]
    if (step === undefined) {
      if (!match.includes(arriving) || !noneBetween(rule, match, history)) return
      if (best === undefined || isBetter(match, best)) best = match
      return
    }
    for (const event of candidates) {
      const previous = match.at(-1)
      if (event.type !== step.type || (previous !== undefined && !isBefore(previous, event))) continue
      const longer = [...match, event]
      if (event.timeMs - longer[0]!.timeMs > rule.withinMs) continue
      if (step.where === undefined || holds(() => step.where!(...longer))) extend(longer)
    }
  }
  extend([])
  return best
}
