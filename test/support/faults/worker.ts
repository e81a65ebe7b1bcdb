/**
 * One instance of the application in a process of its own, for tests that kill or stall it. Writes `commits <n>` after
 * each commit, `runs <n>` when the number of running tasks changes, `status <JSON>` when its own or a task's state does,
 * and `usage <JSON>` now and then if asked to; SIGTERM ends it.
 */

import { unsigned } from '../../../src/rules/authenticity.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import { healthReport } from '../../../src/runtime/health.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { noMetrics } from '../../../src/runtime/metrics.ts'
import { createRiskApp } from '../../../src/runtime/risk-app.ts'
import { defaultEngine } from '../../../src/state/engines/index.ts'
import { taskMemory } from '../../../src/state/task-memory.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { scenarioRules } from '../scenario/events.ts'
import { openLogAt } from './place.ts'
import { ReplayCount } from './replay-count.ts'
import type { WorkerSettings, WorkerStatus, WorkerUsage } from './settings.ts'
import { stalling } from './stalling-log.ts'

const settings: WorkerSettings = JSON.parse(process.argv[2]!)
const { place, mainTopic, applicationId, stateDir, stallBeforeCommit, standbyReplicas, usageEveryMs } = settings
// A named broker may not allow less than Kafka's default.
const shortestSessionMs = process.env['KAFKA_BROKERS'] ? 6_000 : 1_500
const tell = (what: string, details: unknown): void =>
  void process.stdout.write(`${what} ${typeof details === 'number' ? details : JSON.stringify(details)}\n`)

const opened = await openLogAt(place)
const log = stallBeforeCommit === undefined ? opened : stalling(opened, stallBeforeCommit)
const replay = new ReplayCount()
let commits = 0
const app = await createRiskApp({
  mainTopic,
  applicationId,
  stateDir,
  ruleSet: await loadRuleSet(settings.rules ?? scenarioRules),
  mapping: 'headers',
  authenticity: unsigned(applicationId),
  log,
  guarantee: settings.guarantee ?? 'exactly-once',
  limits: { maxRecords: settings.maxRecords ?? 10, maxBytes: settings.maxBytes ?? 4 * 1024, maxWaitMs: 50 },
  restoreBatchEntries: settings.restoreBatchEntries ?? 20,
  ...(settings.taskMemoryMb === undefined
    ? { engine: defaultEngine(), writeBehindBytes: settings.writeBehindBytes ?? 4_000 }
    : taskMemory(settings.taskMemoryMb * 2 ** 20)),
  sessionTimeoutMs: settings.sessionTimeoutMs ?? shortestSessionMs,
  ...(standbyReplicas === undefined ? {} : { standbyReplicas }),
  clock: systemClock,
  logger: createLogger({ level: 'warn' }),
  metrics: {
    ...noMetrics,
    add(counter) {
      if (counter === 'commits') tell('commits', ++commits)
    },
    set: (gauge, value, labels) => replay.set(gauge, value, labels),
  },
})

let running = -1
let told = ''
const watching = setInterval(() => {
  const snapshot = app.health()
  const now = snapshot.tasks.filter(({ state }) => state === 'RUNNING').length
  if (now !== running) tell('runs', now)
  running = now
  const status: WorkerStatus = {
    app: snapshot.state,
    tasks: Object.fromEntries(snapshot.tasks.map(({ taskId, state }) => [taskId, state])),
    warm: (snapshot.standbys ?? []).filter(({ lag }) => lag === 0).length,
    replayed: replay.records,
    health: healthReport(snapshot, { maxOpenTransactionAgeMs: 1_000 }).status,
  }
  const text = JSON.stringify(status)
  if (text !== told) tell('status', status)
  told = text
}, 20)

const measuring = setInterval(
  () => {
    const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage()
    const handles = process.getActiveResourcesInfo().length
    tell('usage', {
      rssBytes: rss,
      heapBytes: heapUsed,
      heapHeldBytes: heapTotal,
      bufferBytes: arrayBuffers,
      handles,
    } satisfies WorkerUsage)
  },
  usageEveryMs ?? 2 ** 30,
)

process.once('SIGTERM', () => void app.stop())
await app.start()
await app.ended
clearInterval(watching)
clearInterval(measuring)
await log.close()
