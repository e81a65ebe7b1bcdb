import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { recordToLine } from '../../src/record/json-lines.ts'
import { generateKeys, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { backtest } from '../../src/replay/backtest.ts'
import { Random } from '../../src/replay/simulator/random.ts'
import { type Authenticity, signedBy, unsigned } from '../../src/rules/authenticity.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { repartitionTopic } from '../../src/rules/operators/global-topics.ts'
import { deadLetterTopic } from '../../src/rules/operators/sinks.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { systemClock } from '../../src/time/clock.ts'
import { eventually } from './eventually.ts'
import { expectOnce } from './global-expectations.ts'
import { globalRules } from './global-rules.ts'
import { type Line, readTopic, recordOf, sendLines } from './log-lines.ts'

export interface GlobalLog {
  readonly log: Log
  /** Names that no other test on the same log uses. */
  readonly mainTopic: string
  readonly applicationId: string
  dispose(): Promise<void>
}

const partitions = 3
const minute = 60_000
const keys = generateKeys()
const text = (record: LogRecord, header: string) => record.headers[header]?.toString()

/** Logins of a few customers on fewer devices, some out of order, some too late, some twice. */
export function logins(count: number, seed: number, startMs: number): Line[] {
  const random = new Random(seed, 'logins')
  const below = (limit: number): number => random.uint32() % limit
  return Array.from({ length: count }, (_, n): Line => {
    const time = startMs + n * minute - below(7 * minute)
    const again = below(20) === 0 ? 1 : 0
    const payload = { device: `device-${below(4)}`, amount: below(5) * 10, ok: below(3) > 0 }
    return { kind: 'business', type: 'login', id: `login-${n - again}`, key: `customer-${below(12)}`, time, payload }
  })
}

/** What must hold of features across customers on any log. */
export function globalSuite(name: string, open: () => Promise<GlobalLog>): void {
  describe(`features across customers on ${name}`, () => {
    let at: GlobalLog
    let folder: string
    let apps: WeirApp[]

    beforeEach(async () => {
      at = await open()
      await at.log.createTopic({ topic: at.mainTopic, partitions, config: { 'retention.ms': '-1' } })
      folder = await mkdtemp(join(tmpdir(), 'weir-global-'))
      apps = []
    })

    afterEach(async () => {
      await Promise.all(apps.map((app) => app.stop()))
      await at.dispose()
      await rm(folder, { recursive: true, force: true })
    })

    const signed = () =>
      signedBy(at.applicationId, { publicKeys: publicKeysOf([keys.publicKey]), macSecret: keys.macSecret })
    const ruleSet = () => loadRuleFiles([{ path: 'rules.yaml', text: globalRules }])

    async function start(instance: string, authenticity: Authenticity = signed()): Promise<WeirApp> {
      const app = await createRiskApp({
        ruleSet: await ruleSet(),
        applicationId: at.applicationId,
        mainTopic: at.mainTopic,
        mapping: 'headers',
        authenticity,
        log: at.log,
        engine: stateEngine('level'),
        stateDir: join(folder, instance),
        guarantee: 'exactly-once',
        limits: { maxRecords: 20, maxBytes: 1 << 20, maxWaitMs: 20 },
        clock: systemClock,
        logger: silentLogger,
        metrics: noMetrics,
      })
      apps.push(app)
      await app.start()
      return app
    }

    const tasksOf = (app: WeirApp) => app.health().tasks.filter(({ state }) => state === 'RUNNING')
    const running = (...members: readonly WeirApp[]) =>
      eventually(
        () => {
          for (const app of members) expect(tasksOf(app).length).toBeGreaterThan(0)
          expect(members.flatMap(tasksOf)).toHaveLength(2 * partitions)
          return Promise.resolve()
        },
        { withinMs: 30_000 },
      )
    const send = (lines: readonly Line[]) => sendLines(at.log, at.mainTopic, lines, 20)
    const main = () => readTopic(at.log, at.mainTopic)
    const settled = () =>
      eventually(async () => expectOnce(await main(), await readTopic(at.log, repartitionTopic(at.applicationId))), {
        withinMs: 60_000,
      })

    it('come back once for each event that counts, whichever instances come and go', { timeout: 120_000 }, async () => {
      const all = logins(240, 7, systemClock.nowMs() - 600 * minute)
      const first = await start('a')
      await send(all.slice(0, 80))
      const second = await start('b')
      await running(first, second)
      await send(all.slice(80, 160))
      await first.stop()
      await send(all.slice(160))
      await running(second)
      await settled()

      const decided = (await main()).filter((record) => text(record, 'kind') === 'decision')
      const [input, output] = ['main.jsonl', 'decisions.jsonl'].map((file) => join(folder, file))
      await writeFile(input!, (await main()).map(recordToLine).join('\n'))
      const { features } = await backtest({
        ruleSet: await ruleSet(),
        input: input!,
        output: output!,
        partitions,
        engine: stateEngine('memory'),
      })
      expect(features).toEqual({ recorded: ['users', 'earlier', 'cards'], recomputed: [] })
      expect(await readFile(output!, 'utf8')).toBe(decided.map(({ value }) => `${value}\n`).join(''))
    })

    it('believe no result that another has written', { timeout: 60_000 }, async () => {
      await start('a')
      const line: Line = {
        kind: 'business',
        type: 'feature.users',
        id: `f:users:0:0`,
        key: 'customer-1',
        time: systemClock.nowMs(),
        payload: { by: 'device-1', cause: 'login-1', value: 9 },
      }
      await send([line])
      // A code that belongs to another partition, time or type is none.
      const record = recordOf(line, at.mainTopic, partitions)
      const seal = signed().seal({ key: record.key, id: line.id, value: record.value })
      const producer = await at.log.openProducer()
      await producer.send([{ ...record, headers: { ...record.headers, ...seal } }])
      await producer.close()
      await eventually(async () => {
        const letters = await readTopic(at.log, deadLetterTopic(at.mainTopic))
        expect(letters.map((letter) => text(letter, 'dead-letter-reason'))).toEqual(['forged', 'forged'])
      })
      expect((await main()).filter((each) => text(each, 'kind') === 'decision')).toEqual([])
    })

    it('work without keys, and leave alone what another application has worked out', { timeout: 60_000 }, async () => {
      await start('a', unsigned(at.applicationId))
      const line: Line = {
        kind: 'business',
        type: 'feature.users',
        id: 'f:users:0:0',
        key: 'customer-1',
        time: systemClock.nowMs(),
        payload: { by: 'device-1', cause: 'login-1', value: 9 },
      }
      const record = recordOf(line, at.mainTopic, partitions)
      const producer = await at.log.openProducer()
      await producer.send([{ ...record, headers: { ...record.headers, app: Buffer.from('another') } }])
      await producer.close()
      await send(logins(40, 8, systemClock.nowMs() - 600 * minute))
      await eventually(
        async () => {
          const records = (await main()).filter((each) => text(each, 'app') !== 'another')
          expectOnce(records, await readTopic(at.log, repartitionTopic(at.applicationId)))
        },
        { withinMs: 30_000 },
      )
    })
  })
}
