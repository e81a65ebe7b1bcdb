/** Weir with the ten-minute rule, or a folder of rule files, on Kafka, until it is told to end; says FIRST at its first poll. */
import { once } from 'node:events'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { type Metrics, noMetrics } from '../../src/runtime/metrics.ts'
import { createRiskApp } from '../../src/runtime/risk-app.ts'
import { taskMemory } from '../../src/state/task-memory.ts'
import { systemClock } from '../../src/time/clock.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { runnerOptions } from './runner-options.ts'

const { brokers, topic, applicationId, stateDir, guarantee, emit, rules, limits, taskMemoryMb } = runnerOptions()
const files = rules === undefined ? tenMinuteRule(emit) : await loadRuleSet(rules)
const log = await openKafkaLog({ brokers })

let saidFirst = false
const metrics: Metrics = {
  ...noMetrics,
  set(gauge) {
    if (saidFirst || gauge !== 'task.lag') return
    saidFirst = true
    process.stdout.write('FIRST\n')
  },
}

const app = await createRiskApp({
  ruleSet: { ...files, options: { ...files.options, emit } },
  applicationId,
  mainTopic: topic,
  mapping: 'headers',
  authenticity: unsigned(applicationId),
  log,
  ...taskMemory(taskMemoryMb * 2 ** 20),
  stateDir,
  guarantee,
  limits,
  clock: systemClock,
  logger: createLogger({ level: 'warn' }),
  metrics,
})
await app.start()
await Promise.race([once(process, 'SIGTERM'), app.ended])
await app.stop()
await log.close()
