import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { recordToLine } from '../../src/record/json-lines.ts'
import { generateKeys, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { backtest } from '../../src/replay/backtest.ts'
import { signedBy } from '../../src/rules/authenticity.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { deadLetterTopic } from '../../src/rules/operators/sinks.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { ManualClock, systemClock } from '../../src/time/clock.ts'
import { eventually } from './eventually.ts'
import { readTopic, recordOf } from './log-lines.ts'

export interface TicksLog {
  readonly log: Log
  /** Names that no other test on the same log uses. */
  readonly mainTopic: string
  readonly applicationId: string
  dispose(): Promise<void>
}

const rules = `
version: 1
options: {tickAfter: 2s}
events:
  withdrawal.requested: {amount: double}
  withdrawal.confirmed: {}
rules:
- id: unconfirmed
  sequence:
    within: 1h
    steps:
    - w: withdrawal.requested
    - not: withdrawal.confirmed
      for: 5m
  then: {outcome: block, score: 80}
`
const minute = 60_000
const in2018 = Date.UTC(2018, 3, 1)
const keys = generateKeys()

/** What must hold of ticks on any log. The wall clock is moved by hand. */
export function ticksSuite(name: string, open: () => Promise<TicksLog>): void {
  describe(`ticks on ${name}`, () => {
    let at: TicksLog
    let folder: string
    let clock: ManualClock
    let apps: WeirApp[]
    const authenticity = () =>
      signedBy(at.applicationId, { publicKeys: publicKeysOf([keys.publicKey]), macSecret: keys.macSecret })

    beforeEach(async () => {
      at = await open()
      await at.log.createTopic({ topic: at.mainTopic, partitions: 1, config: { 'retention.ms': '-1' } })
      folder = await mkdtemp(join(tmpdir(), 'weir-ticks-'))
      // Kafka refuses timestamps an hour from now: the tests move on from the past.
      clock = new ManualClock(systemClock.nowMs() - 180 * minute)
      apps = []
    })

    afterEach(async () => {
      await Promise.all(apps.map((app) => app.stop()))
      await at.dispose()
      await rm(folder, { recursive: true, force: true })
    })

    const ruleSet = () => loadRuleFiles([{ path: 'rules.yaml', text: rules }])

    async function start(): Promise<WeirApp> {
      const app = await createRiskApp({
        ruleSet: await ruleSet(),
        applicationId: at.applicationId,
        mainTopic: at.mainTopic,
        mapping: 'headers',
        authenticity: authenticity(),
        log: at.log,
        engine: stateEngine('level'),
        stateDir: join(folder, 'state'),
        guarantee: 'exactly-once',
        limits: { maxRecords: 100, maxBytes: 1 << 20, maxWaitMs: 20 },
        clock,
        logger: silentLogger,
        metrics: noMetrics,
      })
      apps.push(app)
      await app.start()
      return app
    }

    async function send(id: string, time: number, type = 'withdrawal.requested'): Promise<void> {
      const producer = await at.log.openProducer()
      const line = { kind: 'business', type, id, key: 'k', time, payload: { amount: 10 } }
      await producer.send([{ ...recordOf(line, at.mainTopic, 1), timestampMs: clock.nowMs() }])
      await producer.close()
    }

    const main = () => readTopic(at.log, at.mainTopic)
    const text = (record: LogRecord, header: string) => record.headers[header]?.toString()
    const ticksIn = (records: readonly LogRecord[]) => records.filter((record) => text(record, 'type') === 'tick')
    const decisionsIn = (records: readonly LogRecord[]) =>
      records.filter((record) => text(record, 'kind') === 'decision')

    /** All that is on main has been decided and read back, and nothing of it waits to be committed. */
    const settled = (decisions: number) =>
      eventually(async () => {
        expect(decisionsIn(await main())).toHaveLength(decisions)
        expect(
          apps
            .at(-1)!
            .health()
            .tasks.map(({ lag }) => lag),
        ).toEqual([0])
      })

    const ticked = (ticks: number) => eventually(async () => expect(ticksIn(await main())).toHaveLength(ticks))

    it('fire what waits in an idle partition, and stop when nothing waits', async () => {
      await start()
      await send('w', in2018)
      await settled(1)
      clock.advance(2_000)
      await ticked(1)
      const [first] = ticksIn(await main())
      expect(text(first!, 'time')).toBe(String(in2018 + 2_000))
      expect(first!.timestampMs).toBe(clock.nowMs())
      await settled(1)
      clock.advance(5 * minute)
      await settled(2)
      const records = await main()
      const tick = ticksIn(records)[1]!
      expect(text(tick, 'time')).toBe(String(in2018 + 2_000 + 5 * minute))
      const fired = JSON.parse(decisionsIn(records)[1]!.value!.toString())
      expect(fired).toMatchObject({
        decisionId: 'a:0:0:unconfirmed',
        outcome: 'block',
        firedAt: { offset: tick.offset },
      })

      clock.advance(60 * minute)
      await send('later', in2018 + 6 * minute)
      await settled(3)
      expect(ticksIn(await main())).toHaveLength(2)
      expect(await readTopic(at.log, deadLetterTopic(at.mainTopic))).toEqual([])
    })

    it('do not make late what comes after them, and a replay fires at the same offset', async () => {
      await start()
      await send('w', in2018)
      await settled(1)
      clock.advance(30_000)
      await ticked(1)
      await send('c', in2018 + minute, 'withdrawal.confirmed')
      await settled(2)
      await send('w2', in2018 + 2 * minute)
      await settled(3)
      clock.advance(6 * minute)
      await settled(4)
      const records = await main()
      const [input, output] = [join(folder, 'main.jsonl'), join(folder, 'decisions.jsonl')]
      await writeFile(input, records.map((record) => `${recordToLine(record)}\n`).join(''))
      await backtest({ ruleSet: await ruleSet(), input, output, partitions: 1, engine: stateEngine('memory') })
      expect(await readFile(output, 'utf8')).toBe(
        decisionsIn(records)
          .map(({ value }) => `${value}\n`)
          .join(''),
      )
    })

    it('count the time while nobody owned the partition', async () => {
      const first = await start()
      await send('w', in2018)
      await settled(1)
      await first.stop()
      clock.advance(10 * minute)
      await start()
      await settled(1)
      clock.advance(2_000)
      await settled(2)
      const [tick] = ticksIn(await main())
      expect(text(tick!, 'time')).toBe(String(in2018 + 10 * minute + 2_000))
    })

    it('are not believed when somebody else has made or moved them', async () => {
      await start()
      await send('w', in2018)
      await settled(1)
      clock.advance(2_000)
      await ticked(1)
      await settled(1)
      const [tick] = ticksIn(await main())
      const time = Buffer.from(String(in2018 + 50 * minute))
      const { mac: _, ...bare } = tick!.headers
      const producer = await at.log.openProducer()
      for (const headers of [{ ...tick!.headers, time }, bare]) {
        await producer.send([
          { topic: at.mainTopic, partition: 0, key: null, value: tick!.value, headers, timestampMs: clock.nowMs() },
        ])
      }
      await producer.close()
      await eventually(async () => {
        const reasons = (await readTopic(at.log, deadLetterTopic(at.mainTopic))).map((record) =>
          text(record, 'dead-letter-reason'),
        )
        expect(reasons).toEqual(['forged', 'forged'])
      })
      expect(decisionsIn(await main())).toHaveLength(1)
    })
  })
}
