import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FailPoint } from '../../../src/fail-points.ts'
import type { LogClient } from '../../../src/log/log.ts'
import { Random } from '../../../src/replay/simulator/random.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import { lateTopic } from '../../../src/rules/operators/sinks.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import { eventually } from '../eventually.ts'
import { readTopic, sendLines } from '../log-lines.ts'
import { type ComparedDecision, firstDifference } from '../oracle/compare.ts'
import { type ScenarioLine, scenario, scenarioPartitions, scenarioRules } from '../scenario/events.ts'
import { decided, decisionsIn, oracleFor, readPartitions } from '../scenario/suite.ts'
import { type LogPlace, withLogAt } from './place.ts'
import type { WorkerSettings } from './settings.ts'
import { WorkerProcess } from './worker-process.ts'

const seed = 20_240_301

interface Kill {
  readonly point: FailPoint
  /** The process dies when it passes the point for the n-th time. */
  readonly pass: number
  readonly losesState?: true
  /** Nothing of what it committed had come to its database. */
  readonly holdsBack?: true
}

/** In the order of a commit. */
const kills: readonly Kill[] = [
  { point: 'in-process', pass: 6 },
  { point: 'after-produce', pass: 1 },
  { point: 'after-offsets', pass: 5 },
  { point: 'end-transaction-unanswered', pass: 3 },
  { point: 'before-apply', pass: 2 },
  { point: 'during-apply', pass: 3 },
  { point: 'before-apply', pass: 7, holdsBack: true },
]

/** They come when there is something to restore. */
const killsInRestores: readonly Kill[] = [
  { point: 'in-restore', pass: 2, losesState: true },
  { point: 'in-restore', pass: 3 },
]

const random = new Random(seed, 'kills')
/** `npm run reliability` has many more. */
const randomKills = Array.from({ length: 3 }, (_, n) => ({
  kill: n + 1,
  afterCommits: random.uint32() % 9,
  plusMs: random.uint32() % 80,
}))

/** Equal parts of the lines, in order. */
function* portionsOf(lines: readonly ScenarioLine[], parts: number): Generator<readonly ScenarioLine[]> {
  const size = Math.ceil(lines.length / parts)
  for (let start = 0; start < lines.length; start += size) yield lines.slice(start, start + size)
}

/** Under at-least-once what comes first was decided on the state of its moment; a repeat sees what followed, too. */
function withoutRepeats(decisions: readonly ComparedDecision[]): ComparedDecision[] {
  const seen = new Set<string>()
  return decisions.filter(({ id }) => !seen.has(id) && seen.add(id))
}

/** The application has been through all that lies on main. */
const everythingCommitted = (log: LogClient, { mainTopic, applicationId }: WorkerSettings): Promise<void> =>
  eventually(async () => {
    for (let partition = 0; partition < scenarioPartitions; partition++) {
      const at = { topic: mainTopic, partition }
      const [committed] = await log.committedOffsets(applicationId, [at])
      expect(committed?.offset).toBe(await log.endOffset(at, 'read-committed'))
    }
  }, deciding)

const deciding = { withinMs: 60_000, everyMs: 200 }

/** Workers die again and again, at every place of a commit and anywhere, and what they leave on main is the oracle's. */
export function killSuite(name: string, openPlace: () => Promise<{ place: LogPlace; dispose(): Promise<void> }>): void {
  describe(`a killed process on ${name}`, () => {
    let place: LogPlace
    let dispose: () => Promise<void>
    let ruleSet: RuleSet
    const living = new Set<WorkerProcess>()

    const start = (settings: WorkerSettings, failAt?: Kill): WorkerProcess => {
      const worker = new WorkerProcess(settings, failAt)
      living.add(worker)
      return worker
    }

    /** Only when the worker has the log may others connect: whoever comes first owns it. */
    const startAndRun = async (settings: WorkerSettings): Promise<WorkerProcess> => {
      const worker = start(settings)
      await worker.until(({ runs }) => runs === scenarioPartitions)
      return worker
    }

    beforeAll(async () => {
      ;({ place, dispose } = await openPlace())
      ruleSet = await loadRuleSet(scenarioRules)
    })
    afterEach(async () => {
      for (const worker of living) await worker.kill()
      living.clear()
    })
    afterAll(() => dispose())

    const setUp = async (more: Partial<WorkerSettings>): Promise<WorkerSettings> => {
      const id = randomUUID().slice(0, 8)
      const stateDir = await mkdtemp(join(tmpdir(), 'weir-kill-'))
      const mainTopic = `main-${id}`
      const config = { 'retention.ms': '-1' }
      await withLogAt(place, (log) => log.createTopic({ topic: mainTopic, partitions: scenarioPartitions, config }))
      return { place, mainTopic, applicationId: `kill-${id}`, stateDir, ...more }
    }
    const send = ({ mainTopic }: WorkerSettings, lines: readonly ScenarioLine[]) =>
      withLogAt(place, (log) => sendLines(log, mainTopic, lines))
    const loseState = ({ stateDir, applicationId }: WorkerSettings) =>
      rm(join(stateDir, applicationId), { recursive: true })

    const expectKilledAt = async (settings: WorkerSettings, kill: Kill): Promise<void> => {
      const { signal, err } = await start(settings, kill).ended
      expect(err).toContain(`fail point ${kill.point}: the process ends`)
      expect(signal).toBe('SIGKILL')
    }

    /** A worker has to replay what its database lacks. */
    const expectReplay = async (settings: WorkerSettings): Promise<void> => {
      const worker = start(settings)
      await worker.until(({ runs, status }) => runs === scenarioPartitions && (status?.replayed ?? 0) > 0)
      expect(await worker.stop()).toMatchObject({ code: 0 })
    }

    describe('under exactly-once', () => {
      const { lines } = scenario({ simulated: 1_600, repeats: 1 })
      const portions = portionsOf(lines, kills.length + randomKills.length + killsInRestores.length + 2)
      let settings: WorkerSettings

      beforeAll(async () => {
        // Small pieces, so that there is one to die after.
        settings = await setUp({ restoreBatchEntries: 5 })
      })
      afterAll(() => rm(settings.stateDir, { recursive: true, force: true }))

      it.each(kills)('dies at $point, passing it $pass times', { timeout: 60_000 }, async (kill) => {
        await send(settings, portions.next().value!)
        await expectKilledAt(kill.holdsBack ? { ...settings, writeBehindBytes: 1 << 30 } : settings, kill)
        if (kill.holdsBack) await expectReplay(settings)
      })

      it.each(randomKills)('dies $plusMs ms after $afterCommits commits ($kill)', { timeout: 60_000 }, async (kill) => {
        await send(settings, portions.next().value!)
        const worker = start(settings)
        await worker.until(({ runs, commits }) => runs > 0 && commits >= kill.afterCommits)
        await pause(kill.plusMs)
        expect(await worker.kill()).toMatchObject({ signal: 'SIGKILL' })
      })

      it.each(killsInRestores)('dies at $point, passing it $pass times', { timeout: 60_000 }, async (kill) => {
        await send(settings, portions.next().value!)
        if (kill.losesState) await loseState(settings)
        await expectKilledAt(settings, kill)
      })

      it('has then decided every event once, as the oracle decides it', { timeout: 120_000 }, async () => {
        await send(settings, portions.next().value!)
        const worker = await startAndRun(settings)
        await withLogAt(place, (log) => decided({ ...settings, log }, ruleSet))
        expect(await worker.stop()).toMatchObject({ code: 0 })
      })

      it('goes on from the changelogs alone when the local state is lost', { timeout: 120_000 }, async () => {
        await loseState(settings)
        await send(settings, portions.next().value!)
        const worker = await startAndRun(settings)
        await withLogAt(place, async (log) => {
          const expected = await decided({ ...settings, log }, ruleSet)
          const late = await readTopic(log, lateTopic(settings.mainTopic))
          expect(
            late.map(({ headers }) => `${headers['origin-partition']}:${headers['origin-offset']}`).sort(),
          ).toEqual(
            expected.flatMap((part, partition) => part.late.map(({ offset }) => `${partition}:${offset}`)).sort(),
          )
        })
        expect(await worker.stop()).toMatchObject({ code: 0 })
      })
    })

    describe('under at-least-once', () => {
      it('loses nothing, and decides again only what it had decided', { timeout: 120_000 }, async () => {
        const settings = await setUp({ guarantee: 'at-least-once' })
        try {
          const { lines } = scenario({ simulated: 500, repeats: 1 })
          const firstEvent = lines.findIndex(({ kind }) => kind === 'business')
          // Rows bring no decisions, and so no repeats: what they bring is out of the way before anybody dies.
          await send(settings, lines.slice(0, firstEvent))
          const filler = await startAndRun(settings)
          await withLogAt(place, (log) => everythingCommitted(log, settings))
          expect(await filler.stop()).toMatchObject({ code: 0 })
          const portions = portionsOf(lines.slice(firstEvent), 3)
          for (const pass of [2, 5]) {
            await send(settings, portions.next().value!)
            await expectKilledAt(settings, { point: 'after-produce', pass })
          }
          await send(settings, portions.next().value!)
          const worker = await startAndRun(settings)
          await withLogAt(place, async (log) => {
            const oracle = oracleFor(ruleSet)
            await eventually(async () => {
              const main = await readPartitions(log, settings.mainTopic)
              const found = main.map(decisionsIn)
              const expected = oracle(main).map(({ decisions }) => decisions)
              expect(firstDifference(found.map(withoutRepeats), expected)).toBeUndefined()
              expect(found.flat().length).toBeGreaterThan(expected.flat().length)
            }, deciding)
          })
          expect(await worker.stop()).toMatchObject({ code: 0 })
        } finally {
          await rm(settings.stateDir, { recursive: true, force: true })
        }
      })
    })
  })
}
