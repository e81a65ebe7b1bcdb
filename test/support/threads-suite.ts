import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLog } from '../../src/cli/member.ts'
import { ThreadPool, type ThreadPoolOptions } from '../../src/cli/threads/thread-pool.ts'
import type { Log } from '../../src/log/log.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import { loadConfig } from '../../src/runtime/config.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { eventually } from './eventually.ts'
import { sendLines } from './log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from './scenario/events.ts'
import { decided } from './scenario/suite.ts'

export interface ThreadsPlace {
  /** Settings of the configuration by path: the log and the main topic. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Names that no other test on the same log uses. */
  readonly mainTopic: string
  readonly applicationId: string
}

/** What must hold of worker threads on any log. */
export function threadsSuite(name: string, placeIn: (dir: string) => ThreadsPlace): void {
  describe(`threads on ${name}`, () => {
    let dir: string
    let place: ThreadsPlace
    let log: Log
    const lines: string[] = []
    let commits = 0

    const config = () =>
      loadConfig({
        env: {},
        flags: Object.fromEntries(
          Object.entries({
            ...place.settings,
            mainTopic: place.mainTopic,
            appId: place.applicationId,
            'state.dir': join(dir, 'state'),
            rules: scenarioRules,
            threads: 2,
            'signing.unsigned': true,
          }).map(([path, value]) => [path, { flag: path, value }]),
        ),
      })

    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'weir-threads-'))
      place = placeIn(dir)
      log = await openLog(config(), silentLogger)
      await log.createTopic({
        topic: place.mainTopic,
        partitions: scenarioPartitions,
        config: { 'retention.ms': '-1' },
      })
      lines.length = 0
      commits = 0
    })
    afterEach(async () => {
      await log.close()
      await rm(dir, { recursive: true, force: true })
    })

    const create = async (more: Partial<ThreadPoolOptions> = {}) =>
      new ThreadPool({
        config: config(),
        ruleSet: await loadRuleSet(scenarioRules),
        log,
        logger: silentLogger,
        metrics: {
          ...noMetrics,
          add(counter, by) {
            if (counter === 'commits') commits += by
          },
        },
        write: (line) => lines.push(line),
        ...more,
      })

    it('share the partitions and decide as one does, and tell the main thread what they do', {
      timeout: 60_000,
    }, async () => {
      const pool = await create()
      await pool.start()
      const evenly = () =>
        eventually(() => {
          const assigned = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'partitions assigned')
          const [last, before] = assigned.toReversed()
          expect([...last.partitions, ...before.partitions].toSorted()).toEqual(
            [0, 1, 2, 3].map((n) => `${place.mainTopic}-${n}`),
          )
          expect([last, before].map(({ partitions }) => partitions.length)).toEqual([2, 2])
          expect([last, before].map(({ thread }) => thread).toSorted()).toEqual([1, 2])
          expect(
            pool
              .health()
              .tasks.map(({ taskId, state }) => `${taskId} ${state}`)
              .sort(),
          ).toEqual([0, 1, 2, 3].map((n) => `0_${n} RUNNING`))
          expect(pool.health().state).toBe('RUNNING')
        })
      await evenly()
      await sendLines(log, place.mainTopic, scenario({ simulated: 500, repeats: 1 }).lines)
      await decided({ log, mainTopic: place.mainTopic }, await loadRuleSet(scenarioRules))
      await eventually(() => expect(commits).toBeGreaterThan(4))
      await pool.stop()
      await pool.ended
      for (let partition = 0; partition < scenarioPartitions; partition++) {
        const at = { topic: place.mainTopic, partition }
        const [committed] = await log.committedOffsets(place.applicationId, [at])
        expect(committed?.offset).toBe(await log.endOffset(at, 'read-committed'))
      }
    })

    it('all end when one of them cannot go on, with its error', { timeout: 60_000 }, async () => {
      const ruleSet = await loadRuleSet(scenarioRules)
      const pool = await create({ ruleSet: { ...ruleSet, hash: 'sha256:other' } })
      await expect(pool.start()).rejects.toMatchObject({ name: 'ConfigError', code: 'config-invalid' })
      await expect(pool.ended).rejects.toMatchObject({ code: 'config-invalid' })
      expect(pool.health().state).toBe('ERROR')
      await expect(pool.stop()).rejects.toMatchObject({ code: 'config-invalid' })
    })
  })
}
