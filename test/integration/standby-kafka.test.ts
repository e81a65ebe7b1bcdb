import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { loadRuleSet } from '../../src/rules/loader.ts'
import { changelogTopic, systemStore } from '../../src/task/changelog.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { eventually } from '../support/eventually.ts'
import { type LogPlace, withLogAt } from '../support/faults/place.ts'
import type { WorkerSettings } from '../support/faults/settings.ts'
import { WorkerProcess } from '../support/faults/worker-process.ts'
import { sendLines } from '../support/log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from '../support/scenario/events.ts'
import { decided } from '../support/scenario/suite.ts'

describeWithBroker('an owner that is killed, on Kafka', () => {
  const workers: WorkerProcess[] = []
  const folders: string[] = []

  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill()
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })

  const start = async (settings: Omit<WorkerSettings, 'stateDir'>): Promise<WorkerProcess> => {
    const stateDir = await mkdtemp(join(tmpdir(), 'weir-standby-'))
    folders.push(stateDir)
    const worker = new WorkerProcess({ ...settings, stateDir, restoreBatchEntries: 500, maxRecords: 200 })
    workers.push(worker)
    return worker
  }

  /** Two instances; one is killed under load. What the other one replays, and what there was to replay at most. */
  async function takeOver(standbyReplicas: number): Promise<{ replayed: number; changelogs: number }> {
    const place: LogPlace = { kind: 'kafka', brokers: requireBroker() }
    const id = randomUUID().slice(0, 8)
    const names = { place, mainTopic: `main-${id}`, applicationId: `standby-${id}` }
    const { lines } = scenario({ simulated: 1_500, repeats: 1 })
    const ruleSet = await loadRuleSet(scenarioRules)
    return withLogAt(place, async (log) => {
      const at = { ...names, log }
      const config = { 'retention.ms': '-1' }
      await log.createTopic({ topic: names.mainTopic, partitions: scenarioPartitions, config })
      const settings = { ...names, standbyReplicas }
      const [owner, survivor] = [await start(settings), await start(settings)]
      const share = scenarioPartitions / 2
      const both = () =>
        eventually(
          () => {
            expect([owner.runs, survivor.runs]).toEqual([share, share])
            if (standbyReplicas > 0) expect([owner.status?.warm, survivor.status?.warm]).toEqual([share, share])
          },
          { withinMs: 60_000 },
        )
      await both()
      await sendLines(log, names.mainTopic, lines.slice(0, -150))
      await decided(at, ruleSet)
      await both()
      const before = survivor.status!.replayed
      await sendLines(log, names.mainTopic, lines.slice(-150))
      expect(await owner.kill()).toMatchObject({ signal: 'SIGKILL' })
      await eventually(() => expect(survivor.runs).toBe(scenarioPartitions), { withinMs: 60_000 })
      await decided(at, ruleSet)
      const stores = (await log.topics()).filter((topic) => topic.startsWith(`${names.applicationId}-`))
      expect(stores).toContain(changelogTopic(names.applicationId, systemStore))
      let changelogs = 0
      for (const topic of stores.filter((name) => name.endsWith('-changelog'))) {
        for (let partition = 0; partition < scenarioPartitions; partition++) {
          changelogs += (await log.endOffset({ topic, partition }, 'read-committed')) / 2
        }
      }
      expect(await survivor.stop()).toMatchObject({ code: 0 })
      return { replayed: survivor.status!.replayed - before, changelogs: Math.round(changelogs) }
    })
  }

  it('costs a replay of what came last where a standby was kept', { timeout: 180_000 }, async () => {
    const { replayed, changelogs } = await takeOver(1)
    process.stdout.write(`with a standby: ${replayed} of about ${changelogs} changelog offsets replayed\n`)
    expect(replayed).toBeLessThan(changelogs / 4)
  })

  it('costs a restore of everything where none was', { timeout: 180_000 }, async () => {
    const { replayed, changelogs } = await takeOver(0)
    process.stdout.write(`without one: ${replayed} of about ${changelogs}\n`)
    expect(replayed).toBeGreaterThan(changelogs / 2)
  })
})
