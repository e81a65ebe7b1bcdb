import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FailPoint } from '../../../src/fail-points.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { repartitionTopic } from '../../../src/rules/operators/global-topics.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { eventually } from '../eventually.ts'
import { contributionsWithoutResult, expectOnce } from '../global-expectations.ts'
import { globalRules } from '../global-rules.ts'
import { logins } from '../global-suite.ts'
import { readTopic, sendLines } from '../log-lines.ts'
import { type LogPlace, withLogAt } from './place.ts'
import type { WorkerSettings } from './settings.ts'
import { WorkerProcess } from './worker-process.ts'

interface Kill {
  readonly point: FailPoint
  readonly pass: number
  readonly losesState?: true
}

/** The first commits of a process are main's: what comes back is not worked out yet. Later ones are of both hops. */
const kills: readonly Kill[] = [
  { point: 'before-apply', pass: 1 },
  { point: 'during-apply', pass: 2 },
  { point: 'after-produce', pass: 3 },
  { point: 'end-transaction-unanswered', pass: 2 },
  { point: 'after-offsets', pass: 5 },
  { point: 'in-restore', pass: 1, losesState: true },
]
const partitions = 3
const loginsAKill = 60
const minute = 60_000

/** A process dies again and again, also between an event's contribution and its result, and each comes back once. */
export function globalKillSuite(
  name: string,
  openPlace: () => Promise<{ place: LogPlace; dispose(): Promise<void> }>,
): void {
  describe(`features across customers through kills on ${name}`, () => {
    const all = logins(loginsAKill * (kills.length + 1), 11, systemClock.nowMs() - 1_000 * minute)
    const portion = (n: number) => all.slice(n * loginsAKill, (n + 1) * loginsAKill)
    let place: LogPlace
    let dispose: () => Promise<void>
    let settings: WorkerSettings
    let worker: WorkerProcess | undefined
    let gaps = 0

    const topics = async (): Promise<readonly [LogRecord[], LogRecord[]]> =>
      withLogAt(place, async (log) => {
        const repartition = repartitionTopic(settings.applicationId)
        const isThere = (await log.describeTopic(repartition)) !== undefined
        return [await readTopic(log, settings.mainTopic), isThere ? await readTopic(log, repartition) : []]
      })

    beforeAll(async () => {
      ;({ place, dispose } = await openPlace())
      const id = randomUUID().slice(0, 8)
      const stateDir = await mkdtemp(join(tmpdir(), 'weir-global-kill-'))
      const rules = join(stateDir, 'rules')
      await mkdir(rules)
      await writeFile(join(rules, 'rules.yaml'), globalRules)
      // Changelogs are trimmed to an hour or two: small pieces, so that there is one to die after.
      const pieces = { maxBytes: 512, restoreBatchEntries: 1 }
      settings = { place, mainTopic: `main-${id}`, applicationId: `global-kill-${id}`, stateDir, rules, ...pieces }
      const topic = { topic: settings.mainTopic, partitions, config: { 'retention.ms': '-1' } }
      await withLogAt(place, (log) => log.createTopic(topic))
    })
    afterEach(() => worker?.kill())
    afterAll(async () => {
      await rm(settings.stateDir, { recursive: true, force: true })
      await dispose()
    })

    it.each(kills.map((kill, n) => ({ ...kill, n })))(
      'dies at $point, passing it $pass times',
      { timeout: 60_000 },
      async ({ n, losesState, ...kill }) => {
        await withLogAt(place, (log) => sendLines(log, settings.mainTopic, portion(n)))
        if (losesState) await rm(join(settings.stateDir, settings.applicationId), { recursive: true })
        worker = new WorkerProcess(settings, kill)
        const { signal, err } = await worker.ended
        expect(err).toContain(`fail point ${kill.point}: the process ends`)
        expect(signal).toBe('SIGKILL')
        const [main, repartition] = await topics()
        gaps += contributionsWithoutResult(main, repartition) > 0 ? 1 : 0
      },
    )

    it('has died between contribution and result, and brought back each result once', {
      timeout: 120_000,
    }, async () => {
      expect(gaps).toBeGreaterThan(0)
      await withLogAt(place, (log) => sendLines(log, settings.mainTopic, portion(kills.length)))
      worker = new WorkerProcess(settings)
      await worker.until(({ runs }) => runs === 2 * partitions)
      await eventually(async () => expectOnce(...(await topics())), { withinMs: 60_000, everyMs: 200 })
      expect(await worker.stop()).toMatchObject({ code: 0 })
    })
  })
}
