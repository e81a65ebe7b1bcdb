import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { canonicalJson } from '../../src/record/canonical-json.ts'
import { recordToLine } from '../../src/record/json-lines.ts'
import { generateKeys, privateKeyPem, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { backtest } from '../../src/replay/backtest.ts'
import { signedBy } from '../../src/rules/authenticity.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { repartitionTopic } from '../../src/rules/operators/global-topics.ts'
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
import { expectOnce } from './global-expectations.ts'
import { globalRules } from './global-rules.ts'
import { logins } from './global-suite.ts'
import { type Line, readTopic, sendLines } from './log-lines.ts'

export interface HistoryPlace {
  /** Opens the log; the test closes it before a command opens it by `flags`. */
  open(): Promise<Log>
  readonly flags: readonly string[]
  readonly mainTopic: string
  readonly applicationId: string
}

const partitions = 3
const minute = 60_000
const keys = generateKeys()
/** Of the same features across customers, with others of a customer's own. */
const rulesOf = (often: number, window: string): string =>
  globalRules
    .replace('f.own >= 3', `f.own >= ${often}`)
    .replace('agg: count, window: 1h', `agg: count, window: ${window}`)
const first = rulesOf(3, '1h')
const second = rulesOf(2, '4h')
const third = rulesOf(4, '3h').replace('e.value > 100', 'e.value > 60')
const load = (text: string): RuleSet => loadRuleFiles([{ path: 'rules.yaml', text }])

const isDecision = ({ headers }: LogRecord) => headers.kind?.toString() === 'decision'
const isFirst = (value: string) => !value.includes('"decisionId":"r:')
const valuesOf = (records: readonly LogRecord[]) => records.filter(isDecision).map(({ value }) => String(value))

/** What a test wants to see whole stays. */
const keeping = (log: Log, topic: string): Log =>
  new Proxy(log, {
    get(target, name) {
      if (name === 'deleteRecordsBefore') {
        return async (...[at, before]: Parameters<Log['deleteRecordsBefore']>) => {
          if (at.topic !== topic) await target.deleteRecordsBefore(at, before)
        }
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })

/** `weir reset` of an application with features across customers, and with rule sets that were deployed to it. */
export function resetHistorySuite(name: string, placeIn: (folder: string) => HistoryPlace): void {
  describe(`weir reset on ${name}, with features across customers`, () => {
    let place: HistoryPlace
    let folder: string
    let log: Log
    let app: WeirApp | undefined
    let counts: Record<string, number>
    let onCount: (name: string) => void

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'weir-history-'))
      place = placeIn(folder)
      await writeFile(join(folder, 'key.pem'), privateKeyPem(keys.privateKey))
      await open()
      await log.createTopic({ topic: place.mainTopic, partitions, config: { 'retention.ms': '-1' } })
      counts = {}
      onCount = () => {}
    })

    afterEach(async () => {
      await app?.stop().catch(() => {})
      await log.close()
      await rm(folder, { recursive: true, force: true })
    })

    async function open(): Promise<void> {
      log = keeping(await place.open(), repartitionTopic(place.applicationId))
    }

    const metrics: Metrics = {
      ...noMetrics,
      add(counter, by) {
        counts[counter] = (counts[counter] ?? 0) + by
        onCount(counter)
      },
    }

    async function start(instance: string, ruleSet?: RuleSet): Promise<void> {
      const { publicKey, macSecret } = keys
      app = await createRiskApp({
        ...(ruleSet === undefined ? {} : { ruleSet }),
        applicationId: place.applicationId,
        mainTopic: place.mainTopic,
        mapping: 'headers',
        authenticity: signedBy(place.applicationId, { publicKeys: publicKeysOf([publicKey]), macSecret }),
        log,
        engine: stateEngine('level'),
        stateDir: join(folder, instance),
        guarantee: 'exactly-once',
        limits: { maxRecords: 20, maxBytes: 1 << 20, maxWaitMs: 20 },
        clock: systemClock,
        logger: silentLogger,
        metrics,
      })
      await app.start()
    }

    const send = (lines: readonly Line[]) => sendLines(log, place.mainTopic, lines, 20)
    const main = () => readTopic(log, place.mainTopic)
    const settled = () =>
      eventually(async () => expectOnce(await main(), await readTopic(log, repartitionTopic(place.applicationId))), {
        withinMs: 60_000,
        everyMs: 100,
      })

    async function rulesIn(text: string): Promise<string> {
      const dir = join(folder, 'rules')
      await mkdir(dir, { recursive: true })
      await writeFile(join(dir, 'rules.yaml'), text)
      return dir
    }

    async function deploy(text: string, ...flags: string[]): Promise<void> {
      const env = { WEIR_SIGNING_PRIVATE_KEY_FILE: join(folder, 'key.pem') }
      const at = ['--app-id', place.applicationId, '--topic', place.mainTopic]
      const { code, err } = await runInProcess(['deploy', await rulesIn(text), ...at, ...flags], { log, env })
      expect({ code, err }).toEqual({ code: 0, err: '' })
    }

    /** As its user runs it: on a log of its own. */
    async function reset(...flags: string[]) {
      await log.close()
      const at = ['--app-id', place.applicationId, '--topic', place.mainTopic]
      const result = await runInProcess(['reset', ...place.flags, ...at, ...flags])
      await open()
      return result
    }

    /** The decisions of a back-test of what main holds, as lines. */
    async function replayed(records: readonly LogRecord[], ruleSet?: RuleSet): Promise<string[]> {
      const [input, output] = [join(folder, 'export.jsonl'), join(folder, 'decisions.jsonl')]
      await writeFile(input, records.map(recordToLine).join('\n'))
      const engine = stateEngine('memory')
      await backtest({ input, output, partitions, engine, ...(ruleSet === undefined ? {} : { ruleSet }) })
      return (await readFile(output, 'utf8')).split('\n').slice(0, -1)
    }

    it('decides again by each rule set where the log activates it, and counts, writes and contributes nothing twice', {
      timeout: 150_000,
    }, async () => {
      const all = logins(300, 11, systemClock.nowMs() - 900 * minute)
      await start('a', load(first))
      await send(all.slice(0, 80))
      await deploy(second)
      await send(all.slice(80, 160))
      await deploy(third)
      await settled()
      // What is on its way across customers when the application stops is answered after the reset.
      await send(all.slice(160, 220))
      await eventually(async () => expect(valuesOf(await main()).length).toBeGreaterThan(400))
      await app!.stop()
      const before = await main()
      const decided = valuesOf(before)
      const contributed = await readTopic(log, repartitionTopic(place.applicationId))

      const dry = await reset('--json')
      expect({ code: dry.code, err: dry.err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(dry.out)).toMatchObject({ executed: false, ruleSets: { deployed: 2 } })
      expect(await reset('--execute')).toMatchObject({ code: 0, err: '' })
      counts = {}
      // Ends in the middle of the history, and goes on where nothing of the state is.
      const ended = Promise.withResolvers<void>()
      onCount = () => {
        if (counts['decisions.equal']! > decided.length / 2) ended.resolve(app!.stop())
      }
      await start('a')
      await ended.promise
      onCount = () => {}
      expect(counts['decisions.equal']).toBeLessThan(decided.length)
      await start('b')
      await eventually(() => expect(counts['decisions.equal']).toBe(decided.length), { withinMs: 60_000 })
      await send(all.slice(220))
      await settled()
      expect([counts['decisions.differing'], counts['decisions.retracted']]).toEqual([undefined, undefined])

      const records = await main()
      const after = await readTopic(log, repartitionTopic(place.applicationId))
      const isIn = (known: readonly LogRecord[]) => {
        const places = new Set(known.map(({ partition, offset }) => `${partition}:${offset}`))
        return ({ partition, offset }: LogRecord) => places.has(`${partition}:${offset}`)
      }
      expect(records.filter(isIn(before))).toEqual(before)
      expect(after.filter(isIn(contributed))).toEqual(contributed)
      expect(await readTopic(log, deadLetterTopic(place.mainTopic))).toEqual([])
      // As it would be had nothing been reset.
      const [early, late] = [true, false].map((isEarly) =>
        valuesOf(records).filter((each) => (JSON.parse(each).ruleSet.offset === -1) === isEarly),
      )
      // One for each event before the first deployment, and for what of the features came back in time.
      expect(early!.length).toBeGreaterThanOrEqual(80)
      expect(await replayed(records)).toEqual(late)
      expect(await replayed(records, load(first))).toEqual(expect.arrayContaining(early!))
      const sets = new Set(late!.map((each) => JSON.parse(each).ruleSet.hash))
      expect(sets).toEqual(new Set([load(second).hash, load(third).hash]))

      await app!.stop()
      const { topic, partition, key, value, headers } = records.findLast(isDecision)!
      const other = Buffer.from(String(value).replace(/"outcome":"\w+"/, '"outcome":"none"'))
      const producer = await log.openProducer()
      await producer.send([{ topic, partition, key, value: other, headers }])
      await producer.close()
      expect(await reset('--redecide', '--execute')).toMatchObject({ code: 0, err: '' })
      counts = {}
      await start('b')
      await eventually(() => expect(counts['decisions.equal']).toBe(valuesOf(records).length - 1), { withinMs: 60_000 })
      await app!.stop()
      const { decisionId, ...parts } = JSON.parse(String(value))
      const again = canonicalJson({ ...parts, decisionId: `r:1:${decisionId}`, supersedes: decisionId })
      expect(valuesOf(await main()).filter((each) => !isFirst(each))).toEqual([again])

      await log.deleteRecordsBefore({ topic: place.mainTopic, partition: 1 }, 3)
      const forgotten = await reset('--incomplete')
      expect(forgotten).toMatchObject({ code: 2, err: expect.stringContaining('weir deploy DIR --again') })
    })

    it('decides anew by other rule files, from the results that main holds; not where those change what is counted', {
      timeout: 90_000,
    }, async () => {
      const all = logins(180, 12, systemClock.nowMs() - 900 * minute)
      await start('a', load(first))
      await send(all.slice(0, 120))
      await settled()
      await app!.stop()
      const before = valuesOf(await main())
      const other = await reset('--rules', await rulesIn(first.replace('window: 30m', 'window: 40m')))
      expect(other).toMatchObject({ code: 2, err: expect.stringContaining('weir deploy DIR, where they begin empty') })
      const rules = ['--rules', await rulesIn(second)]
      const part = await reset(...rules, '--to-offset', '0:0,2:1')
      expect(part).toMatchObject({ code: 2, err: expect.stringMatching(/partition 1 would keep the state of sha256:/) })
      expect((await reset(...rules)).out).toContain('all of them differ')
      expect(await reset(...rules, '--redecide', '--execute')).toMatchObject({ code: 0, err: '' })
      await start('a', load(second))
      await send(all.slice(120))
      await eventually(
        async () => {
          const made = (await main()).filter((each) => !isDecision(each) || isFirst(String(each.value)))
          expectOnce(made, await readTopic(log, repartitionTopic(place.applicationId)))
        },
        { withinMs: 60_000, everyMs: 100 },
      )
      const values = valuesOf(await main())
      expect(values.filter((each) => before.includes(each))).toEqual(before)
      const replays = await replayed(await main(), load(second))
      const anew = replays.map((each) => JSON.parse(each))
      const idsBefore = new Set(before.map((each) => JSON.parse(each).decisionId))
      const expected = anew
        .filter(({ decisionId }) => idsBefore.has(decisionId))
        .map((each) => canonicalJson({ ...each, decisionId: `r:1:${each.decisionId}`, supersedes: each.decisionId }))
      expect(expected).toHaveLength(before.length)
      expect(values.filter((each) => !isFirst(each)).toSorted()).toEqual(expected.toSorted())
      const later = new Set(values.filter((each) => isFirst(each) && !before.includes(each)))
      expect(replays.filter((each) => later.has(each))).toHaveLength(later.size)
    })
  })
}
