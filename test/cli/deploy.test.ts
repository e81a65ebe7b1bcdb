import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { systemClock } from '../../src/time/clock.ts'
import { eventually } from '../support/eventually.ts'
import { readTopic, sendLines } from '../support/log-lines.ts'
import { runInProcess } from './in-process.ts'

const rulesOf = (limit: number, more = ''): string => `version: 1
events: {paid: {amount: double}}
features: {spent: {event: paid, agg: sum, value: e.amount, window: 1h}}
rules:
- {id: spends, event: paid, when: f.spent > ${limit}.0, then: {outcome: block, score: 80}}
${more}`
const failing = `tests:
- name: nothing is blocked
  events: [{t: 0m, key: k, paid: {amount: 1000.0}}]
  expect: [{event: 1, outcome: allow}]
`

let folder: string
let log: Log
let app: WeirApp | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-deploy-'))
  log = await openMemoryLog()
  await log.createTopic({ topic: 'main', partitions: 2 })
})

afterEach(async () => {
  await app?.stop()
  app = undefined
  await log.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(rules?: string): Promise<void> {
  app = await createRiskApp({
    ...(rules === undefined ? {} : { ruleSet: loadRuleFiles([{ path: 'rules.yaml', text: rules }]) }),
    applicationId: 'weir',
    mainTopic: 'main',
    mapping: 'headers',
    authenticity: unsigned('weir'),
    log,
    engine: stateEngine('memory'),
    stateDir: folder,
    guarantee: 'exactly-once',
    limits: { maxRecords: 100, maxBytes: 1 << 20, maxWaitMs: 10 },
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  })
  await app.start()
}

const weir = (args: readonly string[], interrupted = new AbortController().signal) =>
  runInProcess(args, { log, interrupted, env: { WEIR_SIGNING_UNSIGNED: 'true' } })

function write(rules: string): string {
  const dir = join(folder, 'rules')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'rules.yaml'), rules)
  return dir
}

const deploy = (rules: string, ...flags: string[]) => weir(['deploy', write(rules), ...flags])
const records = async (type: string) =>
  (await readTopic(log, 'main')).filter(({ headers }) => headers.type?.toString() === type)
const list = async () => JSON.parse((await weir(['rules', 'list', '--json'])).out).partitions
const pay = (id: string, amount: number, hour = 0) =>
  sendLines(log, 'main', [
    { kind: 'business', type: 'paid', id, key: 'k', time: hour * 3_600_000, payload: { amount } },
  ])
const outcomes = async () =>
  (await records('risk.decision')).map(({ value }) => JSON.parse(String(value))).map(({ outcome }) => outcome)

describe('weir deploy', () => {
  it('brings a changed rule into force in a running application, with the state it would have had', async () => {
    await start(rulesOf(1_000))
    await pay('a', 60)
    await eventually(async () => expect(await outcomes()).toEqual(['allow']))
    const { code, out } = await deploy(rulesOf(100))
    expect({ code, out: out.split('\n')[0] }).toEqual({ code: 0, out: '~ rule spends' })
    expect(out).toContain('1 changed, against sha256:')
    await pay('b', 60)
    await eventually(async () => expect(await outcomes()).toEqual(['allow', 'block']))
  })

  it('begins an application that has never run', async () => {
    const { code, out } = await deploy(rulesOf(100))
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('nothing is deployed') })
    await pay('a', 160)
    await start()
    await eventually(async () => expect(await outcomes()).toEqual(['block']))
    const hash = loadRuleFiles([{ path: 'r', text: rulesOf(100) }]).hash
    await eventually(async () => expect((await list()).map((row: { hash: string }) => row.hash)).toEqual([hash, hash]))
  })

  it('writes nothing when a test fails, when asked only to show, and when nothing changes', async () => {
    await start(rulesOf(100))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    const failed = await deploy(rulesOf(200, failing))
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('✗ nothing is blocked') })
    expect(failed.out).toContain('Nothing was deployed')
    expect(await deploy(rulesOf(200), '--dry-run')).toMatchObject({ code: 0 })
    expect(await deploy(rulesOf(100))).toMatchObject({ code: 0, out: expect.stringContaining('is in force already') })
    expect(await records('rule-set')).toEqual([])
  })

  it('makes a rule set ready without activating it, and activates it when it is deployed again', async () => {
    await start(rulesOf(1_000))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    expect(await deploy(rulesOf(100), '--no-activate')).toMatchObject({
      code: 0,
      out: expect.stringContaining('is ready'),
    })
    expect((await list()).map((row: { next: { ready: boolean } }) => row.next.ready)).toEqual([true, true])
    await pay('a', 160)
    await eventually(async () => expect(await outcomes()).toEqual(['allow']))
    expect(await deploy(rulesOf(100))).toMatchObject({ code: 0 })
    expect(await records('rule-set')).toHaveLength(4)
    await pay('b', 1)
    await eventually(async () => expect(await outcomes()).toEqual(['allow', 'block']))
  })

  it('says what the log no longer holds, and begins with the rest when told to', async () => {
    await start(rulesOf(1_000))
    for (const [index, id] of ['a', 'b', 'c'].entries()) await pay(id, 60, index)
    await eventually(async () => expect(await outcomes()).toHaveLength(3))
    const { topic, partition, offset } = (await records('paid'))[1]!
    await log.deleteRecordsBefore({ topic, partition }, offset)
    const refused = await deploy(rulesOf(100))
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('--cold') })
    expect(refused.err).toContain('feature spent looks back 2h, but the log holds 1h')
    expect(await records('rule-set')).toEqual([])
    expect(await deploy(rulesOf(100), '--cold')).toMatchObject({ code: 0, out: expect.stringContaining('is in force') })
  })

  it('makes the state of what is in force anew when told to', async () => {
    await start(rulesOf(100))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    await pay('a', 60)
    expect(await deploy(rulesOf(100), '--again')).toMatchObject({
      code: 0,
      out: expect.stringContaining('is in force'),
    })
    expect((await list()).map((row: { offset: number }) => row.offset > -1)).toEqual([true, true])
    await pay('b', 60)
    await eventually(async () => expect(await outcomes()).toEqual(['allow', 'block']))
  })

  it('gives machines the same', async () => {
    await start(rulesOf(1_000))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    const { out } = await deploy(rulesOf(100), '--json')
    const [change] = JSON.parse(out).changes
    expect(JSON.parse(out)).toMatchObject({ result: 'activated', missing: [], reasons: [] })
    expect(change).toMatchObject({ section: 'rules', name: 'spends', change: 'changed' })
  })

  it('ends at Ctrl-C while nothing runs that could make the state, and leaves the rule set prepared', async () => {
    await start(rulesOf(1_000))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    await app!.stop()
    const controller = new AbortController()
    const deploying = weir(['deploy', write(rulesOf(100))], controller.signal)
    await eventually(async () => expect(await records('rule-set')).toHaveLength(2))
    controller.abort()
    expect(await deploying).toMatchObject({ code: 1, out: expect.stringContaining('not activated yet') })
  })
})

describe('weir rules', () => {
  it('shows what is in force and the history, and goes back to what was there before', async () => {
    await start(rulesOf(1_000))
    await eventually(async () => expect((await list())[1].hash).not.toBeNull())
    await deploy(rulesOf(100))
    const [began, deployed] = JSON.parse((await weir(['rules', 'history', '--json'])).out).deployments
    expect([began.start, began.inForce, deployed.inForce]).toEqual([true, [], [0, 1]])
    const { out } = await weir(['rules', 'list'])
    expect(out).toContain(`partition 1  ${deployed.hash.slice(0, 19)}  since offset 1`)
    expect(await weir(['rules', 'rollback', began.hash])).toMatchObject({ code: 0 })
    expect((await list()).map((row: { hash: string }) => row.hash)).toEqual([began.hash, began.hash])
  })

  it('knows no other hash', async () => {
    const { code, err } = await weir(['rules', 'rollback', 'sha256:00'])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('weir rules history lists them') })
  })
})

it('says that there are no rules, and how to name or deploy some', async () => {
  await expect(start()).rejects.toMatchObject({
    code: 'rules-missing',
    message: expect.stringContaining('weir deploy DIR'),
  })
})
