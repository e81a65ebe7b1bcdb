import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Log } from '../../../src/log/log.ts'
import { openMemoryLog } from '../../../src/log/memory-log.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { unsigned } from '../../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import { deadLetterTopic, lateTopic } from '../../../src/rules/operators/sinks.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'
import { changelogSpec, systemStore } from '../../../src/task/changelog.ts'
import { ReplayTask } from '../../../src/task/replay-task.ts'
import { StreamTask } from '../../../src/task/stream-task.ts'
import type { TaskObserver } from '../../../src/task/task-options.ts'
import { systemClock } from '../../../src/time/clock.ts'
import type { SubTopology } from '../../../src/topology/topology.ts'
import { readTopic } from '../../support/log-lines.ts'
import { runs } from '../record/runs.ts'
import { ruleSetText, ruleTexts } from './restart-rules.ts'
import { traces } from './restart-traces.ts'

const source = { topic: 'main', partition: 0 }
const silent: TaskObserver = { count() {}, polled() {}, committed() {}, restoring() {} }

function topologyOf(rules: readonly string[]): SubTopology {
  return compileRuleSet({
    ruleSet: loadRuleFiles([{ path: 'rules.yaml', text: ruleSetText(rules) }]),
    ruleSetOffset: -1,
    mainTopic: source.topic,
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 1 << 20,
    authenticity: unsigned('restarts'),
    stamp: () => ({}),
  }).subTopologies[0]!
}

/** Starts a task on what the last one left, and ends it when it has read and committed all that main holds. */
async function runTask(log: Log, topology: SubTopology, stateDir: string): Promise<void> {
  const task = new StreamTask({
    applicationId: 'restarts',
    topology,
    partition: 0,
    definition: 'restarts',
    log,
    engine: stateEngine('rocksdb'),
    stateDir,
    guarantee: 'exactly-once',
    limits: { maxRecords: 100, maxBytes: 1 << 20, maxWaitMs: 1 },
    transactionTimeoutMs: 10_000,
    clock: systemClock,
    observer: {
      ...silent,
      polled({ records }) {
        // Nothing new: what was fetched before has been handed to a commit, which `suspend` waits for.
        if (records.length === 0) suspended = task.suspend()
      },
    },
  })
  let suspended: Promise<void> | undefined
  try {
    await task.open()
    await task.run()
    await suspended
  } finally {
    await task.close()
  }
}

/** Everything on main after a run in which the task was started anew for each record, once on an empty disk. */
async function runRestarted(
  topology: SubTopology,
  trace: readonly OutgoingRecord[],
  deletedAt: number,
): Promise<LogRecord[]> {
  const log = await openMemoryLog()
  const folder = await mkdtemp(join(tmpdir(), 'weir-restarts-'))
  try {
    for (const topic of [source.topic, lateTopic(source.topic), deadLetterTopic(source.topic)])
      await log.createTopic({ topic, partitions: 1 })
    for (const store of [systemStore, ...topology.stores] as const)
      await log.createTopic(changelogSpec('restarts', store, 1))
    const producer = await log.openProducer()
    for (const [index, record] of trace.entries()) {
      await producer.send([record])
      if (index === deletedAt) await rm(folder, { recursive: true, force: true })
      await runTask(log, topology, folder)
    }
    return await readTopic(log, source.topic)
  } finally {
    await log.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const isDecision = ({ headers }: Pick<LogRecord, 'headers'>): boolean => headers.kind?.toString() === 'decision'

/** The decisions of one task that reads the same log at once and never stops. */
async function decisionsOf(topology: SubTopology, log: readonly LogRecord[]): Promise<string[]> {
  const engine = stateEngine('memory')
  const task = await ReplayTask.open({ topology, partition: 0, engine, folder: 'through', count() {} })
  const written = await task.process(log)
  await task.close()
  return written.filter((record) => record.topic === source.topic && isDecision(record)).map(textOf)
}

const textOf = ({ value }: Pick<LogRecord, 'value'>): string => String(value)

test('a task that is started anew for every record, once on an empty disk, writes the bytes of one that never stopped', async () => {
  let tried = 0
  let fired = 0
  const rules = fc.shuffledSubarray([...ruleTexts], { minLength: 1 })
  const property = fc.asyncProperty(rules, traces(10), fc.nat(9), async (chosen, trace, deletedAt) => {
    const topology = topologyOf(chosen)
    const log = await runRestarted(topology, trace, deletedAt % trace.length)
    const decisions = log.filter(isDecision).map(textOf)
    expect(decisions).toEqual(await decisionsOf(topology, log))
    tried++
    if (decisions.some((decision) => JSON.parse(decision).fired.length > 0)) fired++
  })
  await fc.assert(property, runs(200))
  if (tried >= 200) expect(fired / tried, 'share of traces in which something fires').toBeGreaterThan(0.3)
}, 300_000)
