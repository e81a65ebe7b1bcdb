import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import type { WeirApp } from '../../../src/runtime/app.ts'
import { healthReport } from '../../../src/runtime/health.ts'
import { eventually } from '../eventually.ts'
import { type Line, recordOf, sendLines } from '../log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from '../scenario/events.ts'
import { decided, readPartitions, type ScenarioLog, scenarioApp } from '../scenario/suite.ts'
import { RecordingMetrics } from './recording-metrics.ts'

/** Somebody else's transaction. */
export interface ForeignTransaction {
  send(records: readonly OutgoingRecord[]): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface ForeignLog extends ScenarioLog {
  /** Of a producer that is none of Weir's, with an id of its own. */
  beginForeign(): Promise<ForeignTransaction>
}

const { lines } = scenario({ simulated: 1_500, repeats: 1 })
const decidedLine = lines.find(({ type }) => type === 'card.authorised')!
let sent = 0

/** An event that gets a decision, on the partition of its key. */
const event = (key: string): Line => ({ ...decidedLine, id: `foreign-${++sent}`, key, time: lines.at(-1)!.time })

/** A key that lies on the partition. */
function keyOn(partition: number): string {
  for (let n = 0; ; n++) {
    if (recordOf(event(`key-${n}`), '', scenarioPartitions).partition === partition) return `key-${n}`
  }
}

const idsDecided = (records: readonly LogRecord[]): unknown[] =>
  records
    .filter(({ headers }) => headers['kind']?.toString() === 'decision')
    .map(({ value }) => JSON.parse(value!.toString()).event.id)

/** Somebody's transaction on main that does not end: seen, waited for, and gone without a trace when it is aborted. */
export function foreignSuite(name: string, open: () => Promise<ForeignLog>): void {
  describe(`a foreign transaction on ${name}`, () => {
    const metrics = new RecordingMetrics()
    const held = 1
    const free = 2
    let at: ForeignLog
    let app: WeirApp
    let ruleSet: RuleSet
    let stateDir: string

    beforeAll(async () => {
      at = await open()
      const config = { 'retention.ms': '-1' }
      await at.log.createTopic({ topic: at.mainTopic, partitions: scenarioPartitions, config })
      stateDir = await mkdtemp(join(tmpdir(), 'weir-foreign-'))
      ruleSet = await loadRuleSet(scenarioRules)
      app = await scenarioApp(at, ruleSet, { stateDir, metrics })
      await app.start()
      await sendLines(at.log, at.mainTopic, lines)
      await decided(at, ruleSet)
    })
    afterAll(async () => {
      await app.stop()
      await at.dispose()
      await rm(stateDir, { recursive: true, force: true })
    })

    const ageMs = () => app.health().tasks.find(({ taskId }) => taskId === `0_${held}`)!.openTransactionAgeMs!
    const status = (maxOpenTransactionAgeMs: number) => healthReport(app.health(), { maxOpenTransactionAgeMs })
    const decisionsOn = async (partition: number) =>
      idsDecided((await readPartitions(at.log, at.mainTopic))[partition]!)

    it.each(['commit', 'abort'] as const)('is seen and waited for until it ends by %s', async (end) => {
      const theirs = [event(keyOn(held)), event(keyOn(held))]
      const [behind, beside] = [event(keyOn(held)), event(keyOn(free))]
      const transaction = await at.beginForeign()
      await transaction.send(theirs.map((line) => recordOf(line, at.mainTopic, scenarioPartitions)))
      await sendLines(at.log, at.mainTopic, [behind, beside])

      await eventually(async () => expect(await decisionsOn(free)).toContain(beside.id))
      await eventually(() => expect(metrics.gauge('task.open_transaction.records', `0_${held}`)).toBe(3))
      await eventually(() => expect(ageMs()).toBeGreaterThan(300))
      const earlierMs = ageMs()
      await eventually(() => expect(ageMs()).toBeGreaterThan(earlierMs + 100))
      expect(status(300)).toMatchObject({
        status: 'degraded',
        reasons: [expect.stringContaining(`task 0_${held} waits behind a transaction`)],
      })
      expect(status(60_000).status).toBe('ready')
      expect(await decisionsOn(held)).not.toContain(behind.id)

      await transaction[end]()
      await eventually(async () => expect(await decisionsOn(held)).toContain(behind.id))
      await eventually(() => expect(metrics.gauge('task.open_transaction.records', `0_${held}`)).toBe(0))
      expect(status(300).status).toBe('ready')
      const ids = await decisionsOn(held)
      for (const { id } of theirs) expect(ids.filter((found) => found === id)).toHaveLength(end === 'commit' ? 1 : 0)
      await decided(at, ruleSet)
    })
  })
}
