import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordToLine } from '../../../src/record/json-lines.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { backtest } from '../../../src/replay/backtest.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import { defaultEngine } from '../../../src/state/engines/index.ts'
import { recordOf, sendLines } from '../log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from '../scenario/events.ts'
import { decided, decisionsIn, readPartitions, type ScenarioLog, scenarioApp } from '../scenario/suite.ts'

/** The id of the record at an offset, partition by partition. */
type Ids = readonly ReadonlyMap<number, string>[]

/** The decision with the ids that its coordinates point at in their place. */
function withoutCoordinates(json: string, ids: Ids): unknown {
  const decision = JSON.parse(json)
  const { partition } = decision.event
  const idAt = (offset: number): string => ids[partition]!.get(offset)!
  expect(decision.decisionId).toBe(`d:${partition}:${decision.event.offset}`)
  const pointing = ({ offset, ...rest }: { readonly offset: number }) => ({ ...rest, at: idAt(offset) })
  return {
    ...decision,
    decisionId: idAt(decision.event.offset),
    event: pointing(decision.event),
    fired: decision.fired.map((firing: { evidence: { offset: number }[] }) => ({
      ...firing,
      evidence: firing.evidence.map(pointing),
    })),
    rows: decision.rows.map(pointing),
  }
}

/** What was decided live is decided again by the back-test, from an export of the log and from the file as it was sent. */
export function backtestSuite(name: string, open: () => Promise<ScenarioLog>): void {
  describe(`a back-test of what lay on ${name}`, () => {
    const { lines } = scenario({ simulated: 4_000, repeats: 2 })
    let at: ScenarioLog
    let ruleSet: RuleSet
    let folder: string
    let main: LogRecord[][]

    beforeAll(async () => {
      at = await open()
      ruleSet = await loadRuleSet(scenarioRules)
      folder = await mkdtemp(join(tmpdir(), 'weir-backtest-of-'))
      const config = { 'retention.ms': '-1' }
      await at.log.createTopic({ topic: at.mainTopic, partitions: scenarioPartitions, config })
      const app = await scenarioApp(at, ruleSet, { stateDir: folder })
      await app.start()
      await sendLines(at.log, at.mainTopic, lines)
      await decided(at, ruleSet)
      await app.stop()
      main = await readPartitions(at.log, at.mainTopic)
    }, 180_000)
    afterAll(async () => {
      await at.dispose()
      await rm(folder, { recursive: true, force: true })
    })

    const liveDecisions = (): string[] => main.flatMap(decisionsIn).map(({ value }) => value.toString())

    const decideAnew = async (texts: readonly string[]): Promise<string[]> => {
      const [input, output] = [join(folder, 'events.jsonl'), join(folder, 'decisions.jsonl')]
      await writeFile(input, texts.map((text) => `${text}\n`).join(''))
      await backtest({ ruleSet, input, output, partitions: scenarioPartitions, engine: defaultEngine() })
      return (await readFile(output, 'utf8')).split('\n').slice(0, -1)
    }

    it('gives the same bytes from an export', async () => {
      const live = liveDecisions()
      expect(live.length).toBeGreaterThan(1_000)
      expect(await decideAnew(main.flat().map(recordToLine))).toEqual(live)
    })

    it('gives the same decisions from the file as it was sent, but for coordinates', async () => {
      const sentIds: Map<number, string>[] = Array.from({ length: scenarioPartitions }, () => new Map())
      for (const line of lines) {
        const ids = sentIds[recordOf(line, '', scenarioPartitions).partition]!
        ids.set(ids.size, line.id)
      }
      const liveIds = main.map(
        (records) => new Map(records.map(({ offset, headers }) => [offset, headers['id']!.toString()])),
      )
      const anew = await decideAnew(lines.map((line) => JSON.stringify(line)))
      expect(anew.map((json) => withoutCoordinates(json, sentIds))).toEqual(
        liveDecisions().map((json) => withoutCoordinates(json, liveIds)),
      )
    })
  })
}
