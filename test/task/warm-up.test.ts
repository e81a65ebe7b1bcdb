import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { packRuleSet } from '../../src/rules/deploy/rule-set-content.ts'
import { type RuleSetChange, ruleSetRecords } from '../../src/rules/deploy/rule-set-record.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import type { WarmUpProgress } from '../../src/task/deployment-ledger.ts'
import { TopologyBuilder } from '../../src/topology/builder.ts'
import { deploymentStore } from '../../src/topology/deployment.ts'
import { defineOperator } from '../../src/topology/operator.ts'
import { deployedTask, deploymentsFrom, logFor, runUntil, topologyOf } from '../support/deployed-task.ts'
import { eventually } from '../support/eventually.ts'
import { readTopic, sendLines } from '../support/log-lines.ts'

const load = (limit: number) =>
  loadRuleFiles([
    {
      path: 'rules.yaml',
      text: `
version: 1
events: {paid: {amount: double}}
features: {spent: {event: paid, agg: sum, value: e.amount, window: 1h}}
rules: [{id: spends, event: paid, when: f.spent > ${limit}.0, then: {outcome: block, score: 80}}]`,
    },
  ])

const base = load(1_000)
const next = load(40)

let log: Log
let sequence = 0

beforeEach(async () => {
  log = await logFor(base)
})
afterEach(() => log.close())

async function control(change: RuleSetChange): Promise<void> {
  const producer = await log.openProducer()
  await producer.send(
    ruleSetRecords(change, { topic: 'main', partitions: 1, signer: 'unsigned', sequence: ++sequence, nowMs: 0 }),
  )
}
const prepare = () => control({ op: 'prepare', deployment: 'd', hash: next.hash, ruleSet: packRuleSet(next) })
const activate = () => control({ op: 'activate', hash: next.hash })

const pay = (from: number, count: number) =>
  sendLines(
    log,
    'main',
    Array.from({ length: count }, (_, index) => {
      const n = from + index
      return { kind: 'business', type: 'paid', id: `p${n}`, key: 'k', time: n * 1_000, payload: { amount: 1 } }
    }),
  )
const outcomes = async () =>
  (await readTopic(log, 'main'))
    .filter(({ headers }) => headers.kind?.toString() === 'decision')
    .map(({ value }) => JSON.parse(String(value)).outcome)

it('goes on from where another owner left it, on an empty disk', async () => {
  await pay(0, 50)
  await prepare()
  const progress: WarmUpProgress[] = []
  const engine = stateEngine('memory')
  await runUntil({ log, base, engine, warmUpRecords: 10 }, (end) => ({
    warmingUp(each) {
      progress.push(each)
      end()
    },
  }))
  await runUntil({ log, base, engine: stateEngine('memory'), warmUpRecords: 10 }, (end) => ({
    warmingUp(each) {
      progress.push(each)
      if (each.isWarm) end()
    },
  }))
  const [first, second] = progress
  expect(first).toMatchObject({ from: 0, isWarm: false })
  expect(second!.reached).toBeGreaterThan(first!.reached)
  expect(progress.at(-1)).toMatchObject({ isWarm: true, hash: next.hash })
})

it('makes the task wait at activate for state that is not ready, and decide by it from the next record on', async () => {
  await pay(0, 50)
  await prepare()
  await activate()
  await pay(50, 2)
  const task = deployedTask({ log, base, engine: stateEngine('memory'), warmUpRecords: 1 })
  await task.open()
  const running = task.run()
  await eventually(async () => expect(await outcomes()).toHaveLength(52))
  expect((await outcomes()).slice(-3)).toEqual(['allow', 'block', 'block'])
  await task.suspend()
  await running
  await task.close()
})

it('of a definition that fails on what the log holds says so, while the task goes on', async () => {
  const failing = new TopologyBuilder()
    .source(topologyOf(next, -1).sources[0]!)
    .processor(
      defineOperator({
        name: 'fails',
        stores: [deploymentStore],
        create: () => () => {
          throw new Error('it cannot')
        },
      }),
      'main',
    )
    .build().subTopologies[0]!
  const progress: WarmUpProgress[] = []
  const deployments = {
    ...deploymentsFrom(base),
    define: () => ({ topology: failing, definition: next.hash, activated() {} }),
  }
  const observer = { warmingUp: (each: WarmUpProgress) => void progress.push(each) }
  const task = deployedTask({ log, base, engine: stateEngine('memory'), warmUpRecords: 10, deployments, observer })
  await task.open()
  const running = task.run()
  await pay(0, 5)
  await prepare()
  await eventually(() => expect(progress.at(-1)?.failure).toContain('it cannot'))
  await pay(5, 5)
  await eventually(async () => expect(await outcomes()).toHaveLength(10))
  await task.suspend()
  await running
  await task.close()
})

it('is dropped for the next one that is prepared, with all that it has written', async () => {
  const task = deployedTask({ log, base, engine: stateEngine('memory'), warmUpRecords: 10 })
  await task.open()
  const running = task.run()
  await pay(0, 5)
  await prepare()
  const dropped = `deployed-d-${next.hash.slice(7, 15)}-control-sequences-changelog`
  const system = { topic: `deployed-d-${next.hash.slice(7, 15)}-system-changelog`, partition: 0 }
  await eventually(async () => expect(await log.endOffset(system, 'read-committed')).toBeGreaterThan(0))
  expect(await log.topics()).toContain(dropped)
  const other = load(7)
  await control({ op: 'prepare', deployment: 'e', hash: other.hash, ruleSet: packRuleSet(other) })
  await control({ op: 'activate', hash: other.hash })
  await pay(5, 5)
  await eventually(async () => expect(await outcomes()).toHaveLength(10))
  expect((await outcomes()).slice(-4)).toEqual(['allow', 'block', 'block', 'block'])
  expect(await log.startOffset(system)).toBe(await log.endOffset(system, 'read-committed'))
  await task.suspend()
  await running
  await task.close()
})
