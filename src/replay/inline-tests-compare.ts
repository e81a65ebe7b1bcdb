import type { Source, TestDef, TestExpectation } from '../rules/rule-set.ts'

/** What of a decision inline tests look at. */
export interface DecidedEvent {
  readonly decisionId: string
  readonly outcome: string
  readonly score: number
  readonly fired: readonly { readonly rule: string; readonly reason?: string }[]
  readonly failed: readonly { readonly rule: string; readonly code: string }[]
  readonly late?: number
}

/** Everything that a test's events led to. */
export interface TestOutput {
  /** By decision id. */
  readonly decisions: ReadonlyMap<string, DecidedEvent>
  /** Why an event went to the dead-letter topic, by offset. */
  readonly deadLetters: ReadonlyMap<number, string>
}

/** One thing that is not as the test says. */
export interface Difference {
  /** The event, counted from 1. */
  readonly event: number
  /** The event's type. */
  readonly type: string
  /** The rule whose trailing `not` should have decided about it. */
  readonly trailing?: string
  /** The global feature whose result at the event is decided. */
  readonly feature?: string
  readonly field: 'decision' | 'outcome' | 'score' | 'rules' | 'reason' | 'late' | 'failed'
  readonly expected: string
  readonly got: string
  readonly source: Source
}

const partition = 0

/** The id of the decision that an expectation is about: an event's offset is its place in the test, counted from 0. */
function decisionIdOf({ event, trailing, feature }: TestExpectation): string {
  const place = `${partition}:${event - 1}${feature === undefined ? '' : `:${feature}`}`
  return trailing === undefined ? `d:${place}` : `a:${place}:${trailing}`
}

/** What differs from what the test expects, in the order in which it is written; then rules that failed anywhere. */
export function compare(test: TestDef, output: TestOutput): Difference[] {
  const differences = test.expect.flatMap((expectation) => compareOne(test, expectation, output))
  for (const { decisionId, failed } of output.decisions.values()) {
    if (failed.length === 0) continue
    const event = Number(decisionId.split(':')[2]) + 1
    const got = failed.map(({ rule, code }) => `${rule} (${code})`).join(', ')
    differences.push({
      event,
      type: test.events[event - 1]!.type,
      field: 'failed',
      expected: 'every rule is evaluated',
      got,
      source: test.events[event - 1]!.source,
    })
  }
  return differences
}

function compareOne(test: TestDef, expectation: TestExpectation, output: TestOutput): Difference[] {
  const { event, trailing, feature, decided, source } = expectation
  const about = {
    event,
    type: test.events[event - 1]!.type,
    ...(trailing === undefined ? {} : { trailing }),
    ...(feature === undefined ? {} : { feature }),
    source,
  }
  const decision = output.decisions.get(decisionIdOf(expectation))
  if (decision === undefined) {
    if (!decided) return []
    const why = output.deadLetters.get(event - 1)
    const got = why === undefined ? 'no decision' : `no decision: dead-lettered, ${why}`
    return [{ ...about, field: 'decision', expected: 'a decision', got }]
  }
  if (!decided) return [{ ...about, field: 'decision', expected: 'no decision', got: describe(decision) }]
  return pairsOf(expectation, decision)
    .filter(({ expected, got }) => expected !== got)
    .map((pair) => ({ ...about, ...pair }))
}

function pairsOf(
  { outcome, score, rules, reason, late }: TestExpectation,
  decision: DecidedEvent,
): Pick<Difference, 'field' | 'expected' | 'got'>[] {
  const pairs: Pick<Difference, 'field' | 'expected' | 'got'>[] = []
  if (outcome !== undefined) pairs.push({ field: 'outcome', expected: outcome, got: decision.outcome })
  if (score !== undefined) pairs.push({ field: 'score', expected: String(score), got: String(decision.score) })
  if (rules !== undefined) pairs.push({ field: 'rules', expected: listed(rules), got: listed(rulesOf(decision)) })
  if (reason !== undefined) pairs.push({ field: 'reason', expected: quoted(reason), got: reasonOf(decision, reason) })
  if (late !== undefined) {
    pairs.push({ field: 'late', expected: lateness(late), got: lateness(decision.late !== undefined) })
  }
  return pairs
}

/** The reason that fits, or else all there are. */
function reasonOf({ fired }: DecidedEvent, wanted: string): string {
  const reasons = fired.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))
  if (reasons.includes(wanted)) return quoted(wanted)
  return reasons.length === 0 ? 'no reason' : reasons.map(quoted).join(' and ')
}

const rulesOf = ({ fired }: DecidedEvent): string[] => fired.map(({ rule }) => rule)

const describe = (decision: DecidedEvent): string =>
  `${decision.outcome} with score ${decision.score}, rules ${listed(rulesOf(decision))}`

const listed = (rules: readonly string[]): string =>
  rules.length === 0 ? 'none' : [...new Set(rules)].sort().join(', ')
const quoted = (text: string): string => JSON.stringify(text)
const lateness = (late: boolean): string => (late ? 'late' : 'in time')
