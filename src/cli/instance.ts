import type { Log } from '../log/log.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { WeirApp } from '../runtime/app.ts'
import type { WeirConfig } from '../runtime/config.ts'
import { type HealthServer, startHealthServer } from '../runtime/health-server.ts'
import { fieldsFirst, type Logger } from '../runtime/logger.ts'
import { noMetrics } from '../runtime/metrics.ts'
import { createPrometheusMetrics } from '../runtime/prometheus-metrics.ts'
import { createRiskApp } from '../runtime/risk-app.ts'
import { defaultEngine, stateEngine } from '../state/engines/index.ts'
import { systemClock } from '../time/clock.ts'
import { kafkaOptions } from './kafka-options.ts'
import { authenticityOf } from './signing.ts'
import { planTopics } from './topic-plan.ts'

/** A running Weir: the application with its log, and its health pages where a port is configured. */
export interface Instance {
  readonly app: WeirApp
  readonly log: Log
  readonly partitions: number
  readonly healthUrl: string | undefined
  /** Ends gracefully: finishes what is in hand, commits, leaves the group and closes the log. */
  stop(): Promise<void>
}

/**
 * Opens the log that the configuration names (the embedded one as its owner) and starts the application on it. The
 * embedded log gets its main topic here; on Kafka it must be there.
 * @throws ConfigError, LogError, StateStoreError
 */
export async function startInstance(
  config: WeirConfig,
  ruleSet: RuleSet | undefined,
  logger: Logger,
): Promise<Instance> {
  const authenticity = await authenticityOf(config)
  const log = await openLog(config, logger)
  const metrics = config.http.port === undefined ? undefined : createPrometheusMetrics()
  let server: HealthServer | undefined
  try {
    if (config.log.kind === 'embedded') await createMain(log, config)
    const app = await createRiskApp({
      applicationId: config.appId,
      ...(ruleSet === undefined ? {} : { ruleSet }),
      mainTopic: config.mainTopic,
      mapping: config.ingress.mapping === 'none' ? 'headers' : config.ingress.mapping,
      authenticity,
      log,
      engine: config.state.engine === undefined ? defaultEngine() : stateEngine(config.state.engine),
      stateDir: config.state.dir,
      standbyReplicas: config.standbyReplicas,
      cleanupDelayMs: config.state.cleanupDelayMs,
      guarantee: config.processing.guarantee,
      limits: config.batch,
      clock: systemClock,
      logger,
      metrics: metrics ?? noMetrics,
    })
    const { host, port } = config.http
    if (port !== undefined) {
      server = await startHealthServer({ host, port, snapshot: () => app.health(), metrics: () => metrics!.text() })
    }
    await app.start()
    const partitions = (await log.describeTopic(config.mainTopic))!.partitions
    const stop = async () => {
      await app.stop()
      await closeAll()
    }
    return { app, log, partitions, healthUrl: server?.url, stop }
  } catch (error) {
    await closeAll()
    throw error
  }

  async function closeAll(): Promise<void> {
    await server?.close()
    await metrics?.close()
    await log.close()
  }
}

/** Opens the log that the configuration names, the embedded one as its owner. @throws LogError `log-owned`, `log-unavailable` */
export async function openLog({ log }: WeirConfig, logger: Logger): Promise<Log> {
  if (log.kind === 'embedded') {
    const { openEmbeddedLog } = await import('../log/embedded/open.ts')
    return openEmbeddedLog(log.dataDir, { logger: fieldsFirst(logger) })
  }
  const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
  return openKafkaLog({ ...kafkaOptions(log), logger: fieldsFirst(logger) })
}

async function createMain(log: Log, { appId, mainTopic, partitions }: WeirConfig): Promise<void> {
  const plan = { appId, mainTopic, partitions, retentionMs: -1, maxMessageBytes: 1_048_588, subTopologies: [] }
  await log.createTopic(planTopics(plan)[0]!)
}
