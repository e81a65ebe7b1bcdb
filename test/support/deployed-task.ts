import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../src/rules/compiler.ts'
import { loadContent, packRuleSet } from '../../src/rules/deploy/rule-set-content.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import type { StateEngine } from '../../src/state/engine.ts'
import { changelogSpec, systemStore } from '../../src/task/changelog.ts'
import { type DeploymentPort, ledgerSpec } from '../../src/task/deployment-port.ts'
import { StreamTask } from '../../src/task/stream-task.ts'
import type { TaskObserver } from '../../src/task/task-options.ts'
import { systemClock } from '../../src/time/clock.ts'
import type { SubTopology } from '../../src/topology/topology.ts'

const applicationId = 'deployed'
const mainTopic = 'main'
const silent: TaskObserver = { count() {}, polled() {}, committed() {}, restoring() {} }

/** What reads main, of a rule set on one partition. */
export const topologyOf = (ruleSet: RuleSet, ruleSetOffset: number | (() => number)): SubTopology =>
  compileRuleSet({
    ruleSet,
    ruleSetOffset,
    mainTopic,
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 1 << 20,
    authenticity: unsigned(applicationId),
    stamp: () => ({}),
  }).subTopologies[0]!

/** A log with everything that a task of this rule set needs. */
export async function logFor(base: RuleSet): Promise<Log> {
  const log = await openMemoryLog()
  for (const topic of [mainTopic, lateTopic(mainTopic), deadLetterTopic(mainTopic)])
    await log.createTopic({ topic, partitions: 1 })
  await log.createTopic(ledgerSpec(applicationId, 1))
  for (const store of [systemStore, ...topologyOf(base, -1).stores] as const)
    await log.createTopic(changelogSpec(applicationId, store, 1))
  return log
}

/** Makes deployed rule sets run. */
export const deploymentsFrom = (base: RuleSet): DeploymentPort => ({
  baseContent: packRuleSet(base),
  define({ hash, content }) {
    const loaded = loadContent(content, hash)
    if (!loaded.ok) throw new Error(loaded.detail)
    let offset = -1
    const activated = (at: number) => {
      offset = at
    }
    return { topology: topologyOf(loaded.ruleSet, () => offset), definition: hash, activated }
  },
})

export interface DeployedTaskOptions {
  readonly log: Log
  readonly base: RuleSet
  readonly engine: StateEngine
  readonly warmUpRecords: number
  readonly observer?: Partial<TaskObserver>
  readonly deployments?: DeploymentPort
}

/** A task that begins with a rule set and changes to what the log deploys. */
export const deployedTask = ({
  base,
  observer,
  deployments = deploymentsFrom(base),
  ...options
}: DeployedTaskOptions): StreamTask =>
  new StreamTask({
    ...options,
    applicationId,
    topology: topologyOf(base, -1),
    partition: 0,
    definition: base.hash,
    stateDir: 'state',
    guarantee: 'exactly-once',
    limits: { maxRecords: 100, maxBytes: 1 << 20, maxWaitMs: 1 },
    transactionTimeoutMs: 10_000,
    clock: systemClock,
    observer: { ...silent, ...observer },
    deployments,
  })

/** Opens a task, runs it until `until` calls the function it is given, and gives everything back. */
export async function runUntil(
  options: DeployedTaskOptions,
  until: (end: () => void) => Partial<TaskObserver>,
): Promise<void> {
  let suspended: Promise<void> | undefined
  const observer = until(() => {
    suspended ??= task.suspend()
  })
  const task = deployedTask({ ...options, observer })
  try {
    await task.open()
    await task.run()
    await suspended
  } finally {
    await task.close()
  }
}
