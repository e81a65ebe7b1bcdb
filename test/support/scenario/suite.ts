import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Log, LogClient } from '../../../src/log/log.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { unsigned } from '../../../src/rules/authenticity.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import { deadLetterTopic, lateTopic } from '../../../src/rules/operators/sinks.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import type { WeirApp } from '../../../src/runtime/app.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { noMetrics } from '../../../src/runtime/metrics.ts'
import { createRiskApp, type RiskAppOptions } from '../../../src/runtime/risk-app.ts'
import { defaultEngine } from '../../../src/state/engines/index.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { eventually } from '../eventually.ts'
import { readTopic, sendLines } from '../log-lines.ts'
import { type ComparedDecision, firstDifference } from '../oracle/compare.ts'
import { type ExpectedPartition, recompute } from '../oracle/oracle.ts'
import { scenario, scenarioPartitions, scenarioRules } from './events.ts'

export interface ScenarioLog {
  readonly log: Log
  /** Names that no other test on the same log uses. */
  readonly mainTopic: string
  readonly applicationId: string
  dispose(): Promise<void>
}

/** A main topic as somebody reads it who is not the application. */
export interface MainTopic {
  readonly log: LogClient
  readonly mainTopic: string
}

/** The application under test, on the scenario's rule set. */
export const scenarioApp = (
  { log, mainTopic, applicationId }: ScenarioLog,
  ruleSet: RuleSet,
  more: Partial<RiskAppOptions> & Pick<RiskAppOptions, 'stateDir'>,
): Promise<WeirApp> =>
  createRiskApp({
    ruleSet,
    applicationId,
    mainTopic,
    mapping: 'headers',
    authenticity: unsigned(applicationId),
    log,
    engine: defaultEngine(),
    guarantee: 'exactly-once',
    limits: { maxRecords: 500, maxBytes: 1 << 20, maxWaitMs: 50 },
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    ...more,
  })

/** Main as it lies, partition by partition. */
export async function readPartitions(log: LogClient, topic: string): Promise<LogRecord[][]> {
  return Map.groupBy(await readTopic(log, topic), (record) => record.partition)
    .entries()
    .reduce<LogRecord[][]>(
      (all, [partition, records]) => {
        all[partition] = records
        return all
      },
      Array.from({ length: scenarioPartitions }, () => []),
    )
}

/** What the oracle makes of main as it lies. */
export const expectedOf = (main: readonly (readonly LogRecord[])[], ruleSet: RuleSet): ExpectedPartition[] =>
  recompute(
    main.map((records) =>
      records.map(({ offset, timestampMs, key, value, headers }) => ({
        offset,
        timestampMs,
        keyBytes: key,
        valueBytes: value,
        headers,
      })),
    ),
    { ruleSet: { hash: ruleSet.hash, offset: -1 } },
  )

/** `expectedOf` main as it grows: worked out again only when there is more to decide. */
export function oracleFor(ruleSet: RuleSet): (main: readonly (readonly LogRecord[])[]) => ExpectedPartition[] {
  let [inputs, expected]: [number, ExpectedPartition[]] = [-1, []]
  return (main) => {
    const now = main.flat().length - main.flatMap(decisionsIn).length
    if (now !== inputs) [inputs, expected] = [now, expectedOf(main, ruleSet)]
    return expected
  }
}

export const decisionsIn = (records: readonly LogRecord[]): ComparedDecision[] =>
  records
    .filter(({ headers }) => headers.kind?.toString() === 'decision')
    .map(({ key, headers, value }) => ({ key: key!.toString(), id: headers.id!.toString(), value: value! }))

/** Waits until as many decisions lie on main as the oracle expects, then compares them all; fails with the first difference. */
export async function decided(at: MainTopic, ruleSet: RuleSet, withinMs = 120_000): Promise<ExpectedPartition[]> {
  const oracle = oracleFor(ruleSet)
  const main = await eventually(
    async () => {
      const read = await readPartitions(at.log, at.mainTopic)
      const wanted = oracle(read).reduce((sum, { decisions }) => sum + decisions.length, 0)
      expect(read.flatMap(decisionsIn).length).toBeGreaterThanOrEqual(wanted)
      return read
    },
    { withinMs, everyMs: 200 },
  )
  const expected = oracle(main)
  const difference = firstDifference(
    main.map(decisionsIn),
    expected.map(({ decisions }) => decisions),
  )
  expect(difference).toBeUndefined()
  return expected
}

/** The whole scenario on one log, decided record by record and byte by byte as the naive oracle decides it. */
export function scenarioSuite(name: string, open: () => Promise<ScenarioLog>): void {
  describe(`the scenario on ${name}`, () => {
    const { lines } = scenario()
    let at: ScenarioLog
    let ruleSet: RuleSet
    let stateDir: string
    let expected: ExpectedPartition[]

    beforeAll(async () => {
      at = await open()
      ruleSet = await loadRuleSet(scenarioRules)
      stateDir = await mkdtemp(join(tmpdir(), 'weir-scenario-'))
      await at.log.createTopic({
        topic: at.mainTopic,
        partitions: scenarioPartitions,
        config: { 'retention.ms': '-1' },
      })
      const app = await scenarioApp(at, ruleSet, { stateDir })
      await app.start()
      await sendLines(at.log, at.mainTopic, lines)
      expected = await decided(at, ruleSet)
      await app.stop()
    }, 180_000)

    afterAll(async () => {
      await at.dispose()
      await rm(stateDir, { recursive: true, force: true })
    })

    it('decides as the oracle, and every rule fires often', () => {
      const decisions = expected.flatMap((partition) => partition.decisions.map(({ value }) => JSON.parse(value)))
      const fired = decisions.flatMap((decision) => decision.fired.map(({ rule }: { rule: string }) => rule))
      expect(decisions.filter((decision) => decision.fired.length > 0).length).toBeGreaterThanOrEqual(300)
      for (const rule of ruleSet.rules)
        expect(fired.filter((id) => id === rule.id).length, rule.id).toBeGreaterThanOrEqual(20)
    })

    it('writes each decision after its event, in the order of the events, behind the rows it rests on', async () => {
      for (const [partition, records] of (await readPartitions(at.log, at.mainTopic)).entries()) {
        let last = -1
        for (const { headers, offset, value } of records) {
          if (headers.kind?.toString() !== 'decision') continue
          const { event, rows } = JSON.parse(value!.toString())
          expect(event.partition).toBe(partition)
          expect(event.offset).toBeLessThan(offset)
          expect(event.offset).toBeGreaterThan(last)
          for (const row of rows) expect(row.offset).toBeLessThan(event.offset)
          last = event.offset
        }
      }
    })

    it('keeps late events and dead letters in their topics, with their coordinates', async () => {
      const late = await readTopic(at.log, lateTopic(at.mainTopic))
      const found = late.map(
        ({ headers }) => `${headers['origin-partition']}:${headers['origin-offset']}:${headers['late-by-ms']}`,
      )
      const wanted = expected.flatMap((part, partition) =>
        part.late.map(({ offset, lagMs }) => `${partition}:${offset}:${lagMs}`),
      )
      expect(found.toSorted()).toEqual(wanted.toSorted())
      expect(wanted.length).toBeGreaterThan(0)
      expect(await readTopic(at.log, deadLetterTopic(at.mainTopic))).toHaveLength(
        expected.flatMap((part) => part.deadLetters).length,
      )
    })

    it('adds nothing in a second run from the committed state', async () => {
      const before = await readPartitions(at.log, at.mainTopic)
      const app = await scenarioApp(at, ruleSet, { stateDir })
      await app.start()
      await eventually(() =>
        expect(app.health().tasks.map(({ lag, state }) => [lag, state])).toEqual(
          Array(scenarioPartitions).fill([0, 'RUNNING']),
        ),
      )
      await app.stop()
      expect((await readPartitions(at.log, at.mainTopic)).map((records) => records.length)).toEqual(
        before.map((records) => records.length),
      )
    })
  })
}
