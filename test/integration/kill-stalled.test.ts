import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import type { WorkerSettings } from '../support/faults/settings.ts'
import { WorkerProcess } from '../support/faults/worker-process.ts'
import { sendLines } from '../support/log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from '../support/scenario/events.ts'
import { decided } from '../support/scenario/suite.ts'

const { lines } = scenario({ simulated: 1_200, repeats: 1 })

describeWithBroker('an instance that stalls beyond its session', () => {
  let log: Log
  let ruleSet: RuleSet
  let stateDir: string
  let settings: WorkerSettings
  let first: WorkerProcess
  let second: WorkerProcess
  let mark = 0

  const send = async (count: number): Promise<void> => {
    await sendLines(log, settings.mainTopic, lines.slice(mark, mark + count))
    mark += count
  }
  const bothRun = () =>
    Promise.all([first, second].map((worker) => worker.until(({ runs }) => runs === scenarioPartitions / 2)))
  const everythingIsDecided = () => decided({ ...settings, log }, ruleSet)

  beforeAll(async () => {
    const id = randomUUID().slice(0, 8)
    log = await openKafkaLog({ brokers: [requireBroker()] })
    ruleSet = await loadRuleSet(scenarioRules)
    stateDir = await mkdtemp(join(tmpdir(), 'weir-stalled-'))
    const mainTopic = `main-${id}`
    const place = { kind: 'kafka', brokers: requireBroker() } as const
    settings = { place, mainTopic, applicationId: `stalled-${id}`, stateDir: join(stateDir, 'first') }
    await log.createTopic({ topic: mainTopic, partitions: scenarioPartitions, config: { 'retention.ms': '-1' } })
  })
  afterAll(async () => {
    await Promise.all([first?.kill(), second?.kill()])
    await log.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  it('gets nothing of its open transaction into the log after another has taken over', async () => {
    await send(600)
    first = new WorkerProcess({ ...settings, stallBeforeCommit: 6 })
    await first.until(({ out }) => out.includes('stalled'))
    second = new WorkerProcess({ ...settings, stateDir: join(stateDir, 'second') })
    await second.until(({ runs }) => runs === scenarioPartitions)
    await everythingIsDecided()
    first.signal('SIGCONT')
    await bothRun()
    await send(200)
    await everythingIsDecided()
  })

  it.each([1, 2])('is as if it had never been, wherever it stood still, and rejoins (%i)', async (n) => {
    const [stalled, other] = n % 2 === 0 ? [first, second] : [second, first]
    const { commits } = stalled
    await send(200)
    await stalled.until((worker) => worker.commits > commits + n)
    stalled.signal('SIGSTOP')
    await other.until(({ runs }) => runs === scenarioPartitions)
    await everythingIsDecided()
    stalled.signal('SIGCONT')
    await bothRun()
    await everythingIsDecided()
  })

  it('leaves in order afterwards', async () => {
    expect([await first.stop(), await second.stop()]).toMatchObject([{ code: 0 }, { code: 0 }])
    await everythingIsDecided()
  })
})
