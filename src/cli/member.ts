import type { Log } from '../log/log.ts'
import type { Authenticity } from '../rules/authenticity.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { WeirApp } from '../runtime/app.ts'
import type { WeirConfig } from '../runtime/config.ts'
import { fieldsFirst, type Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { createRiskApp } from '../runtime/risk-app.ts'
import { taskMemory } from '../state/task-memory.ts'
import { systemClock } from '../time/clock.ts'
import { kafkaOptions } from './kafka-options.ts'

/** One application, or several in threads that look like one. */
export type RunningApp = Pick<WeirApp, 'start' | 'stop' | 'ended' | 'health'>

export interface MemberOptions {
  readonly config: WeirConfig
  /** `undefined` when the log says which rules are in force. */
  readonly ruleSet: RuleSet | undefined
  readonly authenticity: Authenticity
  readonly log: Log
  readonly logger: Logger
  readonly metrics: Metrics
}

/** A member of the group as the configuration describes it; it is to be started. @throws ConfigError, LogError */
export async function createMember(options: MemberOptions): Promise<WeirApp> {
  const { config, ruleSet, authenticity, log, logger, metrics } = options
  const { host, port } = config.http
  return createRiskApp({
    applicationId: config.appId,
    ...(ruleSet === undefined ? {} : { ruleSet }),
    mainTopic: config.mainTopic,
    mapping: config.ingress.mapping === 'none' ? 'headers' : config.ingress.mapping,
    authenticity,
    log,
    ...taskMemory(config.state.taskMemoryMb * 2 ** 20, config.state.engine),
    stateDir: config.state.dir,
    standbyReplicas: config.standbyReplicas,
    // A port that is yet to be found is nobody's address.
    ...(port === undefined || port === 0 ? {} : { endpoint: `${host}:${port}` }),
    cleanupDelayMs: config.state.cleanupDelayMs,
    guarantee: config.processing.guarantee,
    limits: config.batch,
    clock: systemClock,
    logger,
    metrics,
  })
}

/** The log that the configuration names; the embedded one as its owner. @throws LogError */
export async function openLog({ log }: WeirConfig, logger: Logger): Promise<Log> {
  if (log.kind === 'embedded') {
    const { openEmbeddedLog } = await import('../log/embedded/open.ts')
    return openEmbeddedLog(log.dataDir, { logger: fieldsFirst(logger) })
  }
  const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
  return openKafkaLog({ ...kafkaOptions(log), logger: fieldsFirst(logger) })
}
