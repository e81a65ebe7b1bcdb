import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { recordToLine } from '../../src/record/json-lines.ts'
import { generateKeys, privateKeyPem, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord, OutgoingRecord } from '../../src/record/record.ts'
import { backtest } from '../../src/replay/backtest.ts'
import { signedBy } from '../../src/rules/authenticity.ts'
import { packRuleSet } from '../../src/rules/deploy/rule-set-content.ts'
import { type RuleSetChange, ruleSetRecords } from '../../src/rules/deploy/rule-set-record.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { deadLetterTopic } from '../../src/rules/operators/sinks.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { type Metrics, noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { systemClock } from '../../src/time/clock.ts'
import { runInProcess } from '../cli/in-process.ts'
import { eventually } from './eventually.ts'
import { type Line, readTopic, sendLines } from './log-lines.ts'

export interface DeployLog {
  readonly log: Log
  /** A log of its own for an instance; closed by `dispose`. */
  another(): Promise<Log>
  /** Names that no other test on the same log uses. */
  readonly mainTopic: string
  readonly applicationId: string
  dispose(): Promise<void>
}

const partitions = 3
const keys = generateKeys()
const minute = 60_000
const startMs = Date.UTC(2026, 2, 1)

/** Sums over `window` in the way of `by`, and a pair of events: what a change of must be warmed up. */
const rulesOf = (window: string, { limit = 100, where = '' } = {}): string => `
version: 1
options: {grace: 5m, maxAhead: 3650d}
events: {paid: {card: string, amount: double}}
features:
  spent: {event: paid, agg: sum, value: e.amount, by: e.card, window: ${window}${where === '' ? '' : `, where: "${where}"`}}
rules:
- {id: spends, event: paid, when: f.spent > ${limit}.0, then: {outcome: review, score: 40, reason: "{f.spent}"}}
- {id: pair, sequence: {within: ${window}, steps: [{a: paid}, {b: paid, where: a.card != b.card}]}, then: {outcome: block, score: 80}}
`

const first = rulesOf('2m')
const second = rulesOf('30m', { limit: 200 })
const third = rulesOf('10m', { where: 'e.amount > 5.0' })

const load = (text: string): RuleSet => loadRuleFiles([{ path: 'rules.yaml', text }])

/** Events of twenty customers, twenty seconds apart. */
const linesFrom = (from: number, count: number): Line[] =>
  Array.from({ length: count }, (_, index) => {
    const n = from + index
    const payload = { card: `c${n % 3}`, amount: (n * 7) % 23 }
    return { kind: 'business', type: 'paid', id: `p${n}`, key: `k${n % 20}`, time: startMs + n * 20_000, payload }
  })

const text = (record: LogRecord, header: string) => record.headers[header]?.toString()
const isDecision = (record: LogRecord) => text(record, 'kind') === 'decision'
const decisionOf = (record: LogRecord) => JSON.parse(String(record.value))

/** What must hold of deploying on any log. */
export function deploySuite(name: string, open: () => Promise<DeployLog>): void {
  describe(`deploying on ${name}`, () => {
    let at: DeployLog
    let folder: string
    let apps: WeirApp[]
    /** Decisions that the apps have made, committed or not. */
    let processed: number
    const metrics: Metrics = {
      ...noMetrics,
      add(counter, by) {
        if (counter === 'decisions') processed += by
      },
    }

    beforeEach(async () => {
      at = await open()
      await at.log.createTopic({ topic: at.mainTopic, partitions, config: { 'retention.ms': '-1' } })
      folder = await mkdtemp(join(tmpdir(), 'weir-deploy-'))
      await writeFile(join(folder, 'key.pem'), privateKeyPem(keys.privateKey))
      apps = []
      processed = 0
    })

    afterEach(async () => {
      await Promise.allSettled(apps.map((app) => app.stop()))
      await at.dispose()
      await rm(folder, { recursive: true, force: true })
    })

    async function start(ruleSet: RuleSet | undefined): Promise<WeirApp> {
      const { publicKey, macSecret } = keys
      const app = await createRiskApp({
        ...(ruleSet === undefined ? {} : { ruleSet }),
        applicationId: at.applicationId,
        mainTopic: at.mainTopic,
        mapping: 'headers',
        authenticity: signedBy(at.applicationId, { publicKeys: publicKeysOf([publicKey]), macSecret }),
        log: await at.another(),
        engine: stateEngine('rocksdb'),
        stateDir: join(folder, `state-${apps.length}`),
        guarantee: 'exactly-once',
        limits: { maxRecords: 50, maxBytes: 1 << 20, maxWaitMs: 20 },
        sessionTimeoutMs: 10_000,
        clock: systemClock,
        logger: silentLogger,
        metrics,
      })
      apps.push(app)
      await app.start()
      return app
    }

    const weir = async (...args: string[]) => {
      const log = ['--app-id', at.applicationId, '--topic', at.mainTopic]
      const env = { WEIR_SIGNING_PRIVATE_KEY_FILE: join(folder, 'key.pem') }
      return runInProcess([...args, ...log], { log: at.log, env })
    }

    async function deploy(rules: string): Promise<void> {
      await mkdir(join(folder, 'rules'), { recursive: true })
      await writeFile(join(folder, 'rules', 'rules.yaml'), rules)
      const { code, out, err } = await weir('deploy', join(folder, 'rules'))
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('is in force')
    }

    const main = () => readTopic(at.log, at.mainTopic)
    const decided = (count: number) =>
      eventually(async () => expect((await main()).filter(isDecision)).toHaveLength(count), {
        withinMs: 60_000,
        everyMs: 100,
      })

    /** The decisions of a back-test of what main holds, as lines. */
    async function replayed(records: readonly LogRecord[], ruleSet?: RuleSet): Promise<string[]> {
      const [input, output] = [join(folder, 'export.jsonl'), join(folder, 'decisions.jsonl')]
      await writeFile(input, records.map(recordToLine).join('\n'))
      const engine = stateEngine('memory')
      await backtest({ input, output, partitions, engine, ...(ruleSet === undefined ? {} : { ruleSet }) })
      return (await readFile(output, 'utf8')).split('\n').slice(0, -1)
    }

    it('under load, on three instances, decides each event by the rule set that its partition has activated before it', async () => {
      const base = load(first)
      await start(base)
      await start(base)
      await start(base)
      let sent = 0
      const until = async (count: number) => {
        for (; sent < count; sent += 10) await sendLines(at.log, at.mainTopic, linesFrom(sent, 10))
      }
      await until(300)
      let isDone = false
      const deploying = (async () => {
        await deploy(second)
        await deploy(third)
        const { code, err } = await weir('rules', 'rollback', base.hash.slice(0, 30))
        expect({ code, err }).toEqual({ code: 0, err: '' })
      })().finally(() => {
        isDone = true
      })
      while (!isDone) {
        await until(sent + 10)
        await eventually(() => expect(processed).toBeGreaterThanOrEqual(sent), { everyMs: 50 })
      }
      await deploying
      await until(sent + 100)
      await decided(sent)

      const records = await main()
      const hashes = new Set<string>()
      for (let partition = 0; partition < partitions; partition++) {
        let inForce = { hash: base.hash, offset: -1 }
        const own = records.filter((record) => record.partition === partition)
        const setAt = new Map<number, typeof inForce>()
        for (const record of own) {
          setAt.set(record.offset, inForce)
          if (text(record, 'type') !== 'rule-set') continue
          const { op, hash } = decisionOf(record)
          if (op === 'activate') inForce = { hash, offset: record.offset }
        }
        for (const decision of own.filter(isDecision).map(decisionOf)) {
          expect(decision.ruleSet).toEqual(setAt.get(decision.event.offset))
          hashes.add(`${decision.ruleSet.hash} ${decision.ruleSet.offset > -1}`)
        }
      }
      expect(hashes.size).toBe(4)
      const decisions = records.filter(isDecision).map(({ value }) => String(value))
      const [early, late] = [true, false].map((isEarly) =>
        decisions.filter((each) => (JSON.parse(each).ruleSet.offset === -1) === isEarly),
      )
      expect(await replayed(records)).toEqual(late)
      expect(await replayed(records, base)).toEqual(expect.arrayContaining(early!))
    }, 120_000)

    it('goes on after a restart with what is deployed, without rule files or with others', async () => {
      await start(load(first))
      await sendLines(at.log, at.mainTopic, linesFrom(0, 100))
      await decided(100)
      await deploy(second)
      await apps[0]!.stop()
      await start(undefined)
      await sendLines(at.log, at.mainTopic, linesFrom(100, 100))
      await decided(200)
      await apps[1]!.stop()
      await start(load(third))
      await sendLines(at.log, at.mainTopic, linesFrom(200, 100))
      await decided(300)
      const records = await main()
      const last = records
        .filter(isDecision)
        .map(decisionOf)
        .filter(({ event }) => event.time >= startMs + 100 * 20_000)
      expect(new Set(last.map(({ ruleSet }) => ruleSet.hash))).toEqual(new Set([load(second).hash]))
      expect(await replayed(records)).toEqual(
        records
          .filter(isDecision)
          .map(({ value }) => String(value))
          .filter((each) => JSON.parse(each).ruleSet.offset >= 0),
      )
    }, 60_000)

    it('heeds only what a known key has signed, once, and only what loads; nothing else stops a task', async () => {
      await start(load(first))
      await deploy(second)
      const deployed = (await main()).filter((record) => text(record, 'type') === 'rule-set')
      const { hash } = load(third)
      const prepare: RuleSetChange = { op: 'prepare', deployment: 'd', hash, ruleSet: packRuleSet(load(third)) }
      const own = { topic: at.mainTopic, partitions, nowMs: startMs + 90 * minute }
      const foreign = generateKeys().privateKey
      let sequence = systemClock.nowMs() * 1_000 + 1_000_000
      const signed = (change: RuleSetChange) =>
        ruleSetRecords(change, { ...own, signer: keys.privateKey, sequence: ++sequence })
      const copies: OutgoingRecord[] = deployed.map(({ topic, partition, key, value, headers }) => ({
        topic,
        partition,
        key,
        value,
        headers,
      }))
      const producer = await at.log.openProducer()
      const forged = [
        ...ruleSetRecords(prepare, { ...own, signer: 'unsigned', sequence: 1 }),
        ...ruleSetRecords({ op: 'activate', hash }, { ...own, signer: 'unsigned', sequence: 1 }),
        ...ruleSetRecords(prepare, { ...own, signer: foreign, sequence: sequence + 50 }),
        ...ruleSetRecords({ op: 'activate', hash }, { ...own, signer: foreign, sequence: sequence + 51 }),
        ...copies,
      ]
      await producer.send(forged)
      const broken = [
        ...signed({ ...prepare, ruleSet: packRuleSet(load(second)) }),
        ...signed({ ...prepare, ruleSet: 'AAAA' }),
        ...signed({ ...prepare, ruleSet: Buffer.alloc(600_000, 'x').toString('base64') }),
        ...signed({ ...prepare, ruleSet: packRuleSet({ canonical: '{"version":1,"rules":[{"id":"x"}]}' }) }),
        ...signed({ op: 'activate', hash }),
      ]
      for (const record of broken) await producer.send([record])
      await producer.close()
      await sendLines(at.log, at.mainTopic, linesFrom(0, 60))
      await decided(60)
      const reasons = async (): Promise<Record<string, number>> => {
        const letters = await readTopic(at.log, deadLetterTopic(at.mainTopic))
        const byReason = Map.groupBy(letters, (record) => text(record, 'dead-letter-reason'))
        return Object.fromEntries([...byReason].map(([reason, { length }]) => [reason, length]))
      }
      // A transaction's end reaches one partition after the other: a decision may be seen before the dead letters beside it.
      await expect
        .poll(reasons, { timeout: 10_000 })
        .toEqual({ forged: forged.length, 'invalid-control': broken.length })
      const sets = (await main()).filter(isDecision).map((record) => decisionOf(record).ruleSet.hash)
      expect(new Set(sets)).toEqual(new Set([load(second).hash]))
    }, 60_000)
  })
}
