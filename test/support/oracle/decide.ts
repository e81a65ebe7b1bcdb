import { oracleCanonicalJson } from './canonical.ts'
import { featureOf } from './features.ts'
import { AbsentField, holds, OracleFields } from './fields.ts'
import type { OracleLists } from './lists.ts'
import { bestMatch } from './sequences.ts'
import type {
  OracleEvent,
  OracleOutcome,
  OracleReads,
  OracleRows,
  OracleRules,
  TrailingTwin,
  Twin,
  WhenTwin,
} from './twins.ts'

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
export const decidedTypes = ({ twins }: OracleRules): ReadonlySet<string> =>
  new Set(
    twins.flatMap((twin) => {
      if (twin.kind === 'when') return [twin.event]
      if (twin.kind === 'trailing') return [twin.event, twin.not]
      return twin.steps.flatMap(({ type, not }) => (not === undefined ? [type] : [type, not]))
    }),
  )

interface Fired {
  readonly twin: Twin
  readonly evidence: readonly object[]
  readonly reason: string | undefined
}

function fire(twin: Twin, event: OracleEvent, seen: Seen): Fired | undefined {
  if (twin.kind === 'trailing') return undefined
  if (twin.kind === 'when') {
    const row = rowOf(seen.rows)
    if (event.type !== twin.event || !holds(() => twin.when(event, row, readsOf(event, seen)))) return undefined
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
  readonly rules: OracleRules
  readonly history: readonly OracleEvent[]
  readonly rows: OracleRows
  readonly lists: OracleLists
}

const readsOf = (event: OracleEvent, { rules, history, lists }: Seen): OracleReads => ({
  feature(name) {
    const value = featureOf(rules.features.find((feature) => feature.name === name)!, event, history)
    if (value === undefined) throw new AbsentField(name)
    return value
  },
  inList: (list, value) => lists.has(list, value),
})

interface Named {
  readonly rows: object[]
  readonly features: Readonly<Record<string, number>>
  readonly absent: string[]
}

/** What the `when` texts on this type name: features and rows that are there, and paths that are not. */
function named(event: OracleEvent, seen: Seen): Named {
  const { rows, rules, history } = seen
  const whens = rules.twins.filter((twin): twin is WhenTwin => twin.kind === 'when' && twin.event === event.type)
  const paths = [...new Set(whens.flatMap(({ names }) => names))].sort()
  const features = rules.features
    .filter(({ name }) => paths.includes(`f.${name}`))
    .map((feature) => [feature.name, featureOf(feature, event, history)] as const)
    .filter((one): one is readonly [string, number] => one[1] !== undefined)
  const isThere = (path: string): boolean => {
    const [scope, name, field] = path.split('.') as [string, string, string]
    if (scope === 'f') return features.some(([there]) => there === name)
    return scope === 'e' ? event.fields.has(name) : rowOf(rows)(name).has(field)
  }
  const tables = [...new Set(paths.filter((path) => path.startsWith('t.')).map((path) => path.split('.')[1]!))].sort()
  return {
    features: Object.fromEntries(features),
    rows: tables.flatMap((table) => {
      const row = rows.get(table)
      return row === undefined ? [] : [{ table, id: row.recordId, offset: row.offset }]
    }),
    absent: paths.filter((path) => !isThere(path)),
  }
}

/** The decision about an applied event. */
export function decide(event: OracleEvent, seen: Seen): ExpectedDecision {
  const fired = seen.rules.twins
    .map((twin) => fire(twin, event, seen))
    .filter((one) => one !== undefined)
    .sort((a, b) => (a.twin.id < b.twin.id ? -1 : 1))
  const live = fired.filter(({ twin }) => twin.mode === 'live').map(({ twin }) => twin)
  return write(event, seen.site, {
    ...named(event, seen),
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
  return write(event, site, { ...nothing, score: 0, outcome: late.outcome, late: late.lagMs })
}

/** The decision that nothing followed the event, made at the record that let enough time pass. */
export function decideTrailing(twin: TrailingTwin, event: OracleEvent, at: { site: DecisionSite; offset: number }) {
  const { id, mode, outcome, score } = twin
  const isLive = mode === 'live'
  return write(event, at.site, {
    ...nothing,
    fired: [{ rule: id, mode, outcome, score, evidence: [], reason: twin.reason?.(event) }],
    outcome: isLive ? outcome : 'allow',
    score: isLive ? score : 0,
    trailing: { rule: id, firedAt: { offset: at.offset } },
  })
}

const nothing = { absent: [], rows: [], features: {}, fired: [] } satisfies Partial<Verdict>

interface Verdict {
  readonly absent: readonly string[]
  readonly rows: readonly object[]
  readonly fired: readonly ({ readonly rule: string } & Readonly<Record<string, unknown>>)[]
  readonly outcome: OracleOutcome
  readonly score: number
  readonly late?: number
  readonly features: Readonly<Record<string, number>>
  readonly trailing?: { readonly rule: string; readonly firedAt: { readonly offset: number } }
}

function write(
  event: OracleEvent,
  { partition, ruleSet }: DecisionSite,
  { trailing, ...verdict }: Verdict,
): ExpectedDecision {
  const id =
    trailing === undefined ? `d:${partition}:${event.offset}` : `a:${partition}:${event.offset}:${trailing.rule}`
  const value = oracleCanonicalJson({
    ...verdict,
    ...(trailing === undefined ? {} : { firedAt: trailing.firedAt }),
    decisionId: id,
    event: { id: event.id, offset: event.offset, partition, time: event.timeMs, type: event.type },
    failed: [],
    key: event.key,
    ruleSet,
  })
  const fired = verdict.fired.map(({ rule }) => rule)
  const late = verdict.late === undefined ? {} : { late: verdict.late }
  return { key: event.key, id, value, fired, eventId: event.id, ...late }
}
