import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { packRuleSet } from '../../../src/rules/deploy/rule-set-content.ts'
import { type RuleSetChange, ruleSetRecords } from '../../../src/rules/deploy/rule-set-record.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import type { RuleSet } from '../../../src/rules/rule-set.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'
import { ReplayTask } from '../../../src/task/replay-task.ts'
import { type DeployedTaskOptions, logFor, runUntil, topologyOf } from '../../support/deployed-task.ts'
import { readTopic } from '../../support/log-lines.ts'
import { runs } from '../record/runs.ts'
import { ruleSetText, ruleTexts } from './restart-rules.ts'
import { traces } from './restart-traces.ts'

/** Rule sets with equal options: other rules, windows, conditions and keys of features, columns of tables. */
const ruleSets = fc
  .record({
    rules: fc.shuffledSubarray([...ruleTexts], { minLength: 1 }),
    window: fc.constantFrom('30s', '30s', '7s', '2m'),
    prior: fc.constantFrom('10s', '4s', '1m'),
    by: fc.constantFrom('by: e.card, ', ''),
    where: fc.constantFrom('e.amount > 0.5', 'e.amount > 0.1', "e.outlet != 'o'"),
    within: fc.constantFrom('within: 20s', 'within: 1m'),
  })
  .map(({ rules, window, prior, by, where, within }) => {
    const text = ruleSetText(rules)
      .replaceAll('window: 30s', `window: ${window}`)
      .replace('by: e.card, window: 10s', `${by}window: ${prior}`)
      .replace('e.amount > 0.5', where)
      .replaceAll('within: 20s', within)
    return loadRuleFiles([{ path: 'rules.yaml', text }])
  })

/** Starts a task on what the last one left, and ends it when it has read and committed all that main holds. */
const runTask = (running: DeployedTaskOptions): Promise<void> =>
  runUntil(running, (end) => ({ polled: ({ records }) => (records.length === 0 ? end() : undefined) }))

interface Plan {
  readonly base: RuleSet
  readonly trace: readonly OutgoingRecord[]
  /** After which of the trace's records each set is prepared and activated. */
  readonly deployed: readonly { readonly ruleSet: RuleSet; readonly prepareAt: number; readonly activateAt: number }[]
  /** Whether the task is started anew behind a record, perhaps on an empty disk. */
  readonly restarts: readonly ('go on' | 'restart' | 'empty disk')[]
  readonly warmUpRecords: number
}

/** Everything on main after the plan was carried out. */
async function carriedOut({ base, trace, deployed, restarts, warmUpRecords }: Plan): Promise<LogRecord[]> {
  const log = await logFor(base)
  try {
    const producer = await log.openProducer()
    let engine = stateEngine('memory')
    let sequence = 0
    const change = (what: RuleSetChange) =>
      producer.send(ruleSetRecords(what, { topic: 'main', partitions: 1, signer: 'unsigned', sequence, nowMs: 0 }))
    for (const [index, record] of trace.entries()) {
      await producer.send([record])
      for (const { ruleSet, prepareAt, activateAt } of deployed) {
        const { hash } = ruleSet
        sequence++
        if (index === prepareAt)
          await change({ op: 'prepare', deployment: `d${sequence}`, hash, ruleSet: packRuleSet(ruleSet) })
        if (index === activateAt) await change({ op: 'activate', hash })
      }
      const restart = restarts[index % restarts.length]!
      if (restart === 'empty disk') engine = stateEngine('memory')
      if (restart !== 'go on') await runTask({ log, base, engine, warmUpRecords })
    }
    await runTask({ log, base, engine, warmUpRecords })
    return await readTopic(log, 'main')
  } finally {
    await log.close()
  }
}

const isDecision = ({ headers }: Pick<LogRecord, 'headers'>): boolean => headers.kind?.toString() === 'decision'

/** What each rule set decides that has been there from the start, each in the part of the log in which it is in force. */
async function expected(log: readonly LogRecord[], { base, deployed }: Plan): Promise<string[]> {
  const activations = log.flatMap(({ headers, value, offset }) =>
    headers.type?.toString() === 'rule-set' && String(value).includes('"activate"')
      ? [{ offset, hash: JSON.parse(String(value)).hash as string }]
      : [],
  )
  const bounds = [{ offset: -1, hash: base.hash }, ...activations]
  const decisions: string[] = []
  for (const [index, { offset, hash }] of bounds.entries()) {
    const ruleSet = [base, ...deployed.map((each) => each.ruleSet)].find((each) => each.hash === hash)!
    const topology = topologyOf(ruleSet, offset)
    const task = await ReplayTask.open({
      topology,
      partition: 0,
      engine: stateEngine('memory'),
      folder: 'f',
      count() {},
    })
    const until = bounds[index + 1]?.offset ?? Number.POSITIVE_INFINITY
    await task.process(log.filter((record) => record.offset <= offset))
    const written = await task.process(log.filter((record) => record.offset > offset && record.offset <= until))
    await task.close()
    decisions.push(...written.filter((record) => record.topic === 'main' && isDecision(record)).map(textOf))
  }
  return decisions
}

const textOf = ({ value }: Pick<LogRecord, 'value'>): string => String(value)

test('a rule set that is deployed late decides, from there on, as if it had been there from the start, whatever restarts', async () => {
  let tried = 0
  let telling = 0
  const plans = fc
    .record({
      base: ruleSets,
      others: fc.array(ruleSets, { minLength: 1, maxLength: 2 }),
      trace: traces(24),
      places: fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }),
      restarts: fc.array(fc.constantFrom('go on', 'go on', 'restart', 'empty disk'), { minLength: 1, maxLength: 24 }),
      warmUpRecords: fc.constantFrom(1, 3, 500),
    })
    .map(({ others, places, ...plan }): Plan => {
      const sorted = places.map((place) => Math.floor((place / 101) * plan.trace.length)).sort((a, b) => a - b)
      const deployed = others.map((ruleSet, index) => ({
        ruleSet,
        prepareAt: sorted[2 * index]!,
        activateAt: sorted[2 * index + 1]!,
      }))
      return { ...plan, deployed, restarts: plan.restarts as Plan['restarts'] }
    })
  const property = fc.asyncProperty(plans, async (plan) => {
    const log = await carriedOut(plan)
    const decisions = log.filter(isDecision).map(textOf)
    expect(decisions).toEqual(await expected(log, plan))
    tried++
    const last = decisions.map((text) => JSON.parse(text)).filter(({ ruleSet }) => ruleSet.offset >= 0)
    if (last.some(({ fired }) => fired.length > 0)) telling++
  })
  await fc.assert(property, runs(40))
  if (tried >= 40) expect(telling / tried, 'share of traces in which a deployed rule fires').toBeGreaterThan(0.3)
})
