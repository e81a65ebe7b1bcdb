import { oracleCanonicalJson } from './canonical.ts'
import { holds, OracleFields } from './fields.ts'
import { scenarioTwins } from './scenario-twins.ts'
import { bestMatch } from './sequences.ts'
import type { OracleEvent, OracleOutcome, OracleRows, Twin, WhenTwin } from './twins.ts'

export interface ExpectedDecision {
  readonly key: string
  readonly id: string
  /** Canonical JSON. */
  readonly value: string
  /** Ids of the rules that fired, live and shadow, sorted. */
  readonly fired: readonly string[]
  /** Of the event decided. */
  readonly eventId: string
  readonly late?: number
}

export interface DecisionSite {
  readonly partition: number
  readonly ruleSet: { readonly hash: string; readonly offset: number }
}

const severity: readonly OracleOutcome[] = ['allow', 'review', 'challenge', 'block']
const noFields = new OracleFields({}, {})
const rowOf = (rows: OracleRows) => (table: string) => rows.get(table)?.fields ?? noFields

/** Types that get decisions: those that a rule names. */
export const decidedTypes: ReadonlySet<string> = new Set(
  scenarioTwins.flatMap((twin) =>
    twin.kind === 'when'
      ? [twin.event]
      : twin.steps.flatMap(({ type, not }) => (not === undefined ? [type] : [type, not])),
  ),
)

interface Fired {
  readonly twin: Twin
  readonly evidence: readonly object[]
  readonly reason: string | undefined
}

function fire(twin: Twin, event: OracleEvent, seen: Seen): Fired | undefined {
  if (twin.kind === 'when') {
    const row = rowOf(seen.rows)
    if (event.type !== twin.event || !holds(() => twin.when(event, row))) return undefined
    return { twin, evidence: [], reason: twin.reason?.(event, row) }
  }
  const match = bestMatch(twin, event, seen.history)
  if (match === undefined) return undefined
  const steps = match.map(({ id, offset }, index) => ({
    id,
    offset,
    partition: seen.site.partition,
    step: twin.steps[index]!.name,
  }))
  return { twin, evidence: steps.filter(({ offset }) => offset !== event.offset), reason: twin.reason?.(...match) }
}

/** What lies before an event: its key's applied events in log order, itself last, and its rows. */
export interface Seen {
  readonly site: DecisionSite
  readonly history: readonly OracleEvent[]
  readonly rows: OracleRows
}

/** What the `when` texts on this type name: rows that are there, and paths that are not. */
function named(event: OracleEvent, rows: OracleRows): { rows: object[]; absent: string[] } {
  const whens = scenarioTwins.filter((twin): twin is WhenTwin => twin.kind === 'when' && twin.event === event.type)
  const paths = [...new Set(whens.flatMap(({ names }) => names))].sort()
  const isThere = (path: string): boolean => {
    const [scope, name, field] = path.split('.') as [string, string, string]
    return scope === 'e' ? event.fields.has(name) : rowOf(rows)(name).has(field)
  }
  const tables = [...new Set(paths.filter((path) => path.startsWith('t.')).map((path) => path.split('.')[1]!))].sort()
  return {
    rows: tables.flatMap((table) => {
      const row = rows.get(table)
      return row === undefined ? [] : [{ table, id: row.recordId, offset: row.offset }]
    }),
    absent: paths.filter((path) => !isThere(path)),
  }
}

/** The decision about an applied event. */
export function decide(event: OracleEvent, seen: Seen): ExpectedDecision {
  const fired = scenarioTwins
    .map((twin) => fire(twin, event, seen))
    .filter((one) => one !== undefined)
    .sort((a, b) => (a.twin.id < b.twin.id ? -1 : 1))
  const live = fired.filter(({ twin }) => twin.mode === 'live').map(({ twin }) => twin)
  const { rows, absent } = named(event, seen.rows)
  return write(event, seen.site, {
    absent,
    rows,
    fired: fired.map(({ twin, evidence, reason }) => ({
      rule: twin.id,
      mode: twin.mode,
      outcome: twin.outcome,
      score: twin.score,
      evidence,
      reason,
    })),
    outcome: severity[Math.max(0, ...live.map(({ outcome }) => severity.indexOf(outcome)))]!,
    score: Math.max(0, ...live.map(({ score }) => score)),
  })
}

/** The decision about a late event. */
export function decideLate(event: OracleEvent, site: DecisionSite, late: { lagMs: number; outcome: OracleOutcome }) {
  const verdict = { absent: [], rows: [], fired: [], score: 0 }
  return write(event, site, { ...verdict, outcome: late.outcome, late: late.lagMs })
}

interface Verdict {
  readonly absent: readonly string[]
  readonly rows: readonly object[]
  readonly fired: readonly { readonly rule: string }[]
  readonly outcome: OracleOutcome
  readonly score: number
  readonly late?: number
}

function write(event: OracleEvent, { partition, ruleSet }: DecisionSite, verdict: Verdict): ExpectedDecision {
  const id = `d:${partition}:${event.offset}`
  const value = oracleCanonicalJson({
    ...verdict,
    decisionId: id,
    event: { id: event.id, offset: event.offset, partition, time: event.timeMs, type: event.type },
    failed: [],
    features: {},
    key: event.key,
    ruleSet,
  })
  const fired = verdict.fired.map(({ rule }) => rule)
  const late = verdict.late === undefined ? {} : { late: verdict.late }
  return { key: event.key, id, value, fired, eventId: event.id, ...late }
}
