import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordToLine } from '../../src/record/json-lines.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { type BacktestOptions, backtest } from '../../src/replay/backtest.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { RuleDriver } from '../support/rule-driver.ts'

const rules = (emit = 'value >= 2.0') => `version: 1
events: {login: {device: string}, paid: {amount: double}}
features:
  users: {event: login, agg: distinct, value: key, by: e.device, scope: global, window: 1d, emit: ${emit}}
rules:
- {id: ring, event: feature.users, when: e.value >= 2.0, then: {outcome: review, score: 55, reason: "{e.value}"}}
- {id: any-login, event: login, when: "true", then: {outcome: allow, score: 0}}
- id: ring-then-paid
  sequence:
    within: 1d
    steps:
    - ring: feature.users
    - paid: paid
  then: {outcome: block, score: 90}
`
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-global-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Decision {
  readonly decisionId: string
  readonly event: { readonly id: string; readonly offset: number; readonly partition: number }
  readonly fired: readonly { readonly rule: string; readonly reason?: string; readonly evidence: readonly object[] }[]
}

async function run(lines: readonly string[], more: Partial<BacktestOptions> & { readonly text?: string } = {}) {
  const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')]
  await writeFile(input, lines.map((line) => `${line}\n`).join(''))
  const { text = rules(), ...options } = more
  const ruleSet = loadRuleFiles([{ path: 'rules.yaml', text }])
  const engine = stateEngine('memory')
  const summary = await backtest({ ruleSet, input, output, partitions: 1, engine, ...options })
  const written = await readFile(output, 'utf8')
  const decisions: Decision[] = written
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return { summary, written, decisions }
}

const line = (type: string, key: string, minute: number, more: object = {}) =>
  JSON.stringify({
    kind: 'business',
    type,
    id: `${type}-${key}-${minute}`,
    key,
    time: Date.UTC(2026, 0, 1, 0, minute),
    payload: type === 'login' ? { device: 'phone' } : { amount: 1 },
    ...more,
  })
const ids = (decisions: readonly Decision[]) => decisions.map(({ decisionId }) => decisionId)

describe('a back-test from lines', () => {
  it('brings results directly after their cause, under the offset of the cause', async () => {
    const { decisions, summary } = await run([
      line('login', 'ann', 0),
      line('login', 'bob', 1),
      line('paid', 'bob', 2),
      line('login', 'cid', 3),
    ])
    expect(ids(decisions)).toEqual(['d:0:0', 'd:0:1', 'd:0:1:users', 'd:0:2', 'd:0:3', 'd:0:3:users'])
    expect(decisions[2]).toMatchObject({
      event: { id: 'f:users:0:1', offset: 1, type: 'feature.users' },
      fired: [{ rule: 'ring', reason: '2' }],
    })
    expect(decisions[3]!.fired).toMatchObject([
      { rule: 'ring-then-paid', evidence: [{ id: 'f:users:0:1', offset: 1, partition: 0, step: 'ring' }] },
    ])
    expect(summary.features).toEqual({ recorded: [], recomputed: ['users'] })
  })

  it('merges partitions by timestamp, then partition, whatever the order of the lines', async () => {
    const place = (key: string) => partitionFor(Buffer.from(key), 4)
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`)
    const [first, second, third] = [2, 0, 1].map((partition) => keys.find((key) => place(key) === partition)!)
    const at = (key: string, offset: number, sinceMs: number) =>
      line('login', key, 0, { partition: place(key), offset, timestamp: Date.UTC(2026, 0, 1) + sinceMs })
    const { decisions } = await run([at(third!, 7, 3_000), at(second!, 0, 3_000), at(first!, 5, 1_000)], {
      partitions: 4,
    })
    const results = decisions.filter(({ decisionId }) => decisionId.endsWith(':users'))
    expect(new Map(results.map(({ event, fired }) => [event.id, fired[0]!.reason]))).toEqual(
      new Map([
        ['f:users:0:0', '2'],
        ['f:users:1:7', '3'],
      ]),
    )
  })
})

describe('a back-test of an export', () => {
  const exported = async (text = rules()): Promise<{ lines: string[]; decisions: string[] }> => {
    const driver = await RuleDriver.open(text)
    for (const [minute, key] of ['ann', 'bob', 'cid', 'bob'].entries()) {
      await driver.send({
        id: `login-${minute}`,
        key,
        type: 'login',
        timeMs: minute * 60_000,
        payload: { device: 'phone' },
      })
    }
    const main: readonly LogRecord[] = driver.driver.read('main')
    await driver.close()
    const isDecision = ({ headers }: LogRecord) => headers.kind?.toString() === 'decision'
    return {
      lines: main.map(recordToLine),
      decisions: main.filter(isDecision).map(({ value }) => value!.toString()),
    }
  }

  it('takes the results that lie in it, and gives the same bytes', async () => {
    const { lines, decisions } = await exported()
    const { written, summary } = await run(lines)
    expect(written).toBe(decisions.map((decision) => `${decision}\n`).join(''))
    expect(summary.features).toEqual({ recorded: ['users'], recomputed: [] })
  })

  it('works nothing out when decisions of this rule set lie in it, though nothing ever came back', async () => {
    const text = rules('value >= 9.0')
    const { lines, decisions } = await exported(text)
    const { written, summary } = await run(lines, { text })
    expect(written).toBe(decisions.map((decision) => `${decision}\n`).join(''))
    expect(summary.features.recorded).toEqual(['users'])
  })

  it('works out what comes from another definition, and passes over its results', async () => {
    const { lines } = await exported()
    const { decisions, summary } = await run(lines, { text: rules('value >= 3.0') })
    expect(summary.features).toEqual({ recorded: [], recomputed: ['users'] })
    expect(ids(decisions).filter((id) => id.endsWith(':users'))).toHaveLength(2)
    expect(decisions.filter(({ event }) => event.id.startsWith('f:'))).toHaveLength(2)
  })

  it('does as it is told', async () => {
    const { lines } = await exported()
    const again = await run(lines, { features: 'recomputed' })
    expect(
      again.decisions.filter(({ event }) => event.id.startsWith('f:')).map(({ decisionId }) => decisionId),
    ).toEqual(again.decisions.flatMap(({ decisionId }) => (decisionId.endsWith(':users') ? [decisionId] : [])))
    const without = lines.filter((each) => !each.includes('feature.users') && !each.includes('risk.decision'))
    expect((await run(without, { features: 'recorded' })).summary.features.recorded).toEqual(['users'])
    expect((await run(without)).summary.features.recomputed).toEqual(['users'])
  })
})
