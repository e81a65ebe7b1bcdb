/**
 * One instance of the application on the scenario's rule set, in a process of its own, for tests that kill or stall it.
 * Writes `commits <n>` after each commit and `runs <n>` when the number of running tasks changes; SIGTERM ends it.
 */

import { unsigned } from '../../../src/rules/authenticity.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { noMetrics } from '../../../src/runtime/metrics.ts'
import { createRiskApp } from '../../../src/runtime/risk-app.ts'
import { defaultEngine } from '../../../src/state/engines/index.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { scenarioRules } from '../scenario/events.ts'
import { openLogAt } from './place.ts'
import type { WorkerSettings } from './settings.ts'
import { stalling } from './stalling-log.ts'

const settings: WorkerSettings = JSON.parse(process.argv[2]!)
const { place, guarantee = 'exactly-once', stallBeforeCommit, ...names } = settings

const opened = await openLogAt(place)
const log = stallBeforeCommit === undefined ? opened : stalling(opened, stallBeforeCommit)
let commits = 0
const app = await createRiskApp({
  ...names,
  ruleSet: await loadRuleSet(scenarioRules),
  mapping: 'headers',
  authenticity: unsigned(names.applicationId),
  log,
  engine: defaultEngine(),
  guarantee,
  // Small, so that there are many commits to die in, and many pieces to restore.
  limits: { maxRecords: 10, maxBytes: 4 * 1024, maxWaitMs: 50 },
  restoreBatchEntries: 20,
  // A named broker may not allow less than Kafka's default.
  sessionTimeoutMs: process.env['KAFKA_BROKERS'] ? 6_000 : 1_500,
  clock: systemClock,
  logger: createLogger({ level: 'warn' }),
  metrics: {
    ...noMetrics,
    add(counter) {
      if (counter === 'commits') process.stdout.write(`commits ${++commits}\n`)
    },
  },
})

let running = -1
const watching = setInterval(() => {
  const now = app.health().tasks.filter(({ state }) => state === 'RUNNING').length
  if (now === running) return
  running = now
  process.stdout.write(`runs ${running}\n`)
}, 20)

process.once('SIGTERM', () => void app.stop())
await app.start()
await app.ended
clearInterval(watching)
await log.close()
