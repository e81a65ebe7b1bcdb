import type { Log } from '../log/log.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { WeirConfig } from '../runtime/config.ts'
import { type HealthServer, startHealthServer } from '../runtime/health-server.ts'
import type { Logger } from '../runtime/logger.ts'
import { noMetrics } from '../runtime/metrics.ts'
import { createPrometheusMetrics } from '../runtime/prometheus-metrics.ts'
import { createMember, openLog, type RunningApp } from './member.ts'
import { authenticityOf } from './signing.ts'
import { ThreadPool } from './threads/thread-pool.ts'
import { planTopics } from './topic-plan.ts'

/** A running Weir: the application with its log, and its health pages where a port is configured. */
export interface Instance {
  readonly app: RunningApp
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
    const member = { config, ruleSet, authenticity, log, logger, metrics: metrics ?? noMetrics }
    const app = config.threads > 1 ? new ThreadPool(member) : await createMember(member)
    const { host, port } = config.http
    if (port !== undefined) {
      server = await startHealthServer({ host, port, snapshot: () => app.health(), metrics: () => metrics!.text() })
    }
    await app.start()
    const partitions = (await log.describeTopic(config.mainTopic))!.partitions
    const stop = async () => {
      try {
        await app.stop()
      } finally {
        // Also when it ended with an error: an open log would keep the process.
        await closeAll()
      }
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

async function createMain(log: Log, { appId, mainTopic, partitions }: WeirConfig): Promise<void> {
  const plan = { appId, mainTopic, partitions, retentionMs: -1, maxMessageBytes: 1_048_588, subTopologies: [] }
  await log.createTopic(planTopics(plan)[0]!)
}
