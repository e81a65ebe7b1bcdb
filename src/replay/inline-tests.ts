import { eventHeaders } from '../record/ingress.ts'
import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import { believed } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { deadLetterTopic } from '../rules/operators/sinks.ts'
import { ReplayPlaces } from '../rules/places.ts'
import { planOf } from '../rules/plan.ts'
import type { RuleSet, TestDef, TestEvent } from '../rules/rule-set.ts'
import { stateEngine } from '../state/engines/index.ts'
import { featureOf } from './feature-records.ts'
import { compare, type DecidedEvent, type Difference, type TestOutput } from './inline-tests-compare.ts'
import { ReplayedLog } from './replayed-log.ts'

export type { Difference } from './inline-tests-compare.ts'

export interface InlineTestResult {
  readonly test: TestDef
  /** Empty when all is as the test says. */
  readonly differences: readonly Difference[]
}

export interface InlineTestReport {
  /** In the order of the files. */
  readonly results: readonly InlineTestResult[]
  /** What the tests that ran say of the live and shadow rules. */
  readonly coverage: {
    readonly fired: readonly string[]
    /** Rules that no test makes fire, in the order of the files. */
    readonly silent: readonly string[]
  }
}

export interface InlineTestOptions {
  /** Which tests run. Default all. */
  readonly filter?: (test: TestDef) => boolean
}

const topic = 'main'

/**
 * Runs a rule set's inline tests, each on a partition and state of its own, with the compiler and the task that decide live.
 * Ticks and list changes in them are believed, and nothing is ahead of its time. What a test expects nothing of is not
 * compared; a rule whose evaluation fails is a difference wherever it happens.
 */
export async function runInlineTests(
  ruleSet: RuleSet,
  { filter = () => true }: InlineTestOptions = {},
): Promise<InlineTestReport> {
  const results: InlineTestResult[] = []
  const fired = new Set<string>()
  for (const test of ruleSet.tests.filter(filter)) {
    const output = await outputOf(test, ruleSet)
    for (const decision of output.decisions.values()) for (const { rule } of decision.fired) fired.add(rule)
    results.push({ test, differences: compare(test, output) })
  }
  const rules = ruleSet.rules.filter(({ mode }) => mode !== 'off').map(({ id }) => id)
  return {
    results,
    coverage: { fired: rules.filter((id) => fired.has(id)), silent: rules.filter((id) => !fired.has(id)) },
  }
}

async function outputOf({ events }: TestDef, ruleSet: RuleSet): Promise<TestOutput> {
  const records = events.map(recordOf)
  const written = new Set(records.map(featureOf))
  // A test that says what came of a global feature is taken at its word.
  const features = planOf(ruleSet).globals.filter(({ name }) => !written.has(name))
  const places = new ReplayPlaces(features.map(({ name }) => name))
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic: topic,
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: Number.POSITIVE_INFINITY,
    authenticity: believed,
    stamp: () => ({}),
    places,
  })
  const log = new ReplayedLog({
    topology,
    places,
    contributing: new Set(features.map(({ event }) => event)),
    engine: stateEngine('memory'),
    folder: 'test',
    count: () => {},
  })
  try {
    return sortOutput(await log.process(0, records), places)
  } finally {
    await log.close()
  }
}

/** An event's offset is its place; one that has no id gets one that nobody writes by hand. */
function recordOf({ kind, type, id, key, timeMs, payload }: TestEvent, index: number): LogRecord {
  return {
    topic,
    partition: 0,
    offset: index,
    timestampMs: timeMs,
    key: key === undefined ? null : Buffer.from(key),
    value: Buffer.from(JSON.stringify(payload)),
    headers: eventHeaders({ kind, type, id: id ?? `test event ${index + 1}`, timeMs }),
  }
}

function sortOutput(written: readonly OutgoingRecord[], places: ReplayPlaces): TestOutput {
  const decisions = new Map<string, DecidedEvent>()
  const deadLetters = new Map<number, string>()
  for (const { topic: to, value, headers } of written) {
    if (to === topic) {
      const decision = JSON.parse(value!.toString()) as DecidedEvent
      decisions.set(decision.decisionId, decision)
    } else if (to === deadLetterTopic(topic)) {
      const why = `${headers['dead-letter-reason']!.toString()}: ${headers['dead-letter-detail']!.toString()}`
      deadLetters.set(places.offsetOf(Number(headers['origin-offset']!.toString())), why)
    }
  }
  return { decisions, deadLetters }
}
