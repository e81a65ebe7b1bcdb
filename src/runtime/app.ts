import { join } from 'node:path'
import { ConfigError, LogError, WeirError } from '../errors.ts'
import type { GroupMembership } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import { changelogSpec, repartitionSpec, systemStore } from '../task/changelog.ts'
import { StreamTask, type StreamTaskOptions } from '../task/stream-task.ts'
import type { Timer } from '../time/clock.ts'
import type { SubTopology, Topology } from '../topology/topology.ts'
import { assignorName, encodeUserData, stickyAssignor } from './assignor.ts'
import type { AppState, HealthSnapshot } from './health.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { StateCleaner } from './state-cleaner.ts'
import { TaskMonitor } from './task-monitor.ts'
import { TaskRunner } from './task-runner.ts'

/** What every task of the application is told. The application id is the consumer group, too. */
type TaskSettings = Pick<
  StreamTaskOptions,
  | 'applicationId'
  | 'definition'
  | 'log'
  | 'engine'
  | 'stateDir'
  | 'guarantee'
  | 'limits'
  | 'restoreBatchEntries'
  | 'clock'
  | 'tick'
  | 'deployments'
>

export interface AppOptions extends TaskSettings {
  readonly topology: Topology
  /** Default 10,000. */
  readonly transactionTimeoutMs?: number
  /** Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** How long the local state of tasks that are elsewhere stays. Default 600,000. */
  readonly cleanupDelayMs?: number
  readonly logger: Logger
  readonly metrics: Metrics
}

const moves: Readonly<Record<AppState, readonly AppState[]>> = {
  CREATED: ['REBALANCING', 'ERROR', 'NOT_RUNNING'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING', 'ERROR'],
  NOT_RUNNING: [],
  ERROR: [],
}

const measureEveryMs = 15_000

const codeOf = (error: Error): string => (error instanceof WeirError ? error.code : error.name)

interface Held {
  readonly taskId: string
  readonly partition: TopicPartition
  readonly runner: TaskRunner
  readonly monitor: TaskMonitor
}

/** One member of the application's group: takes the partitions that the group gives it and keeps a task on each. */
export class WeirApp {
  readonly #options: AppOptions
  readonly #tasks = new Map<string, Held>()
  readonly #cleaner: StateCleaner
  readonly #ended = Promise.withResolvers<void>()
  #membership: GroupMembership | undefined
  #state: AppState = 'CREATED'
  #error: Error | undefined
  #logUnavailable: string | undefined
  #measuring: Timer | undefined

  constructor(options: AppOptions) {
    this.#options = options
    const { engine, clock, logger, cleanupDelayMs: delayMs = 600_000 } = options
    this.#cleaner = new StateCleaner({
      dir: this.#folder,
      engine,
      delayMs,
      inUse: () => this.#taskIds(),
      clock,
      logger,
    })
    // Whoever never asks for the end must not be ended by it.
    this.#ended.promise.catch(() => {})
  }

  get state(): AppState {
    return this.#state
  }

  /** Resolves after `stop`; rejects with what the application could not get over. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /**
   * Checks the topics, makes the changelogs, and joins the group; tasks start when the group gives partitions.
   * @throws LogError `topic-missing`; ConfigError `partition-count-changed`
   */
  async start(): Promise<void> {
    const { applicationId, log, topology, sessionTimeoutMs, logger } = this.#options
    for (const subTopology of topology.subTopologies) await this.#prepareTopics(subTopology)
    this.#moveTo('REBALANCING')
    this.#membership = await log.joinGroup({
      groupId: applicationId,
      topics: topology.subTopologies.flatMap(({ sources }) => sources.map(({ topic }) => topic)),
      assignor: stickyAssignor,
      assignorName,
      userData: () => encodeUserData({ held: [...this.#tasks.values()].map(({ partition }) => nameOf(partition)) }),
      onAssigned: (partitions) => this.#take(partitions),
      onRevoked: (partitions) => this.#suspend(partitions),
      onLost: (partitions) => this.#lose(partitions),
      onError: (error) => void this.#fail(error),
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    })
    // Not before: whoever may not join has nothing to measure, and a timer would keep the process.
    if (this.#state !== 'ERROR') {
      this.#measure()
      if (this.#options.engine.name !== 'memory') this.#cleaner.start()
    }
    logger.info('joined the group', { group: applicationId, member: this.#membership.memberId })
  }

  /** Finishes the batches in hand, commits, leaves the group, and gives everything back. */
  async stop(): Promise<void> {
    if (this.#state === 'NOT_RUNNING' || this.#state === 'ERROR') return
    if (this.#state === 'PENDING_SHUTDOWN') return this.#ended.promise
    if (this.#state === 'CREATED') {
      this.#moveTo('NOT_RUNNING')
      return this.#ended.resolve()
    }
    this.#moveTo('PENDING_SHUTDOWN')
    try {
      await this.#membership?.leave()
      await this.#closeAll()
      this.#moveTo('NOT_RUNNING')
      this.#ended.resolve()
    } catch (error) {
      await this.#fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  health(): HealthSnapshot {
    return {
      state: this.#state,
      tasks: [...this.#tasks.values()].map(({ runner, monitor }) => monitor.health(runner.task?.status ?? 'CREATED')),
      ...(this.#logUnavailable === undefined ? {} : { logUnavailable: this.#logUnavailable }),
      ...(this.#error === undefined ? {} : { error: this.#error.message }),
    }
  }

  get #folder(): string {
    return join(this.#options.stateDir, this.#options.applicationId)
  }

  #taskIds(): ReadonlySet<string> {
    return new Set([...this.#tasks.values()].map(({ taskId }) => taskId))
  }

  async #prepareTopics({ id, sources, stores }: SubTopology): Promise<void> {
    const { applicationId, log } = this.#options
    for (const { topic, internal } of sources) {
      if (internal !== undefined) await log.createTopic(repartitionSpec(topic, internal.partitions))
      const description = await log.describeTopic(topic)
      if (description === undefined) {
        throw new LogError('topic-missing', `the topic "${topic}" does not exist; create it with "weir topics create"`)
      }
      for (const store of [...stores, systemStore] as const) {
        const spec = changelogSpec(applicationId, store, description.partitions, id)
        await log.createTopic(spec)
        const changelog = await log.describeTopic(spec.topic)
        if (changelog !== undefined && changelog.partitions !== description.partitions) {
          throw new ConfigError(
            'partition-count-changed',
            `"${topic}" has ${description.partitions} partitions, but "${spec.topic}" was made for ${changelog.partitions}: ` +
              'a key would move to a partition without its history. Start a new application id, or move the events into a new topic',
          )
        }
      }
    }
  }

  async #take(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#state !== 'REBALANCING' && this.#state !== 'RUNNING') return
    const wanted = new Set(partitions.map(nameOf))
    const gone = [...this.#tasks].filter(([name]) => !wanted.has(name))
    await Promise.all(gone.map(([name, held]) => this.#release(name, held)))
    for (const partition of partitions) {
      const held = this.#tasks.get(nameOf(partition)) ?? this.#hold(partition)
      held.runner.start()
    }
    this.#options.logger.info('partitions assigned', { partitions: partitions.map(nameOf) })
    this.#moveTo('RUNNING')
  }

  async #suspend(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#state === 'RUNNING') this.#moveTo('REBALANCING')
    // State and producer stay: most partitions come back in the next round.
    await Promise.all(partitions.map((partition) => this.#tasks.get(nameOf(partition))?.runner.suspend()))
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#state === 'RUNNING') this.#moveTo('REBALANCING')
    for (const name of partitions.map(nameOf)) {
      const held = this.#tasks.get(name)
      this.#tasks.delete(name)
      held?.monitor.forget()
      await held?.runner.close()
    }
  }

  async #release(name: string, { runner, monitor }: Held): Promise<void> {
    this.#tasks.delete(name)
    await runner.close()
    monitor.forget()
  }

  #hold(partition: TopicPartition): Held {
    const { topology, logger, metrics, ...settings } = this.#options
    const { clock } = settings
    const subTopology = topology.subTopologies.find(({ sources }) =>
      sources.some(({ topic }) => topic === partition.topic),
    )!
    const taskId = `${subTopology.id}_${partition.partition}`
    const monitor = new TaskMonitor(taskId, metrics, clock, logger)
    const taskLogger = logger.child({ task: taskId })
    let task: StreamTask | undefined
    const runner = new TaskRunner({
      create: () => {
        task = new StreamTask({
          ...settings,
          topology: subTopology,
          partition: partition.partition,
          transactionTimeoutMs: settings.transactionTimeoutMs ?? 10_000,
          observer: monitor,
        })
        return task
      },
      destroyState: async () => task?.destroyState(),
      clock,
      onRecovering: (recovery, error, inMs) => {
        monitor.failed(codeOf(error))
        if (recovery === 'rebuild') monitor.rebuilding(codeOf(error))
        this.#logUnavailable =
          error instanceof LogError && error.code === 'log-unavailable' ? error.message : this.#logUnavailable
        taskLogger.warn('task starts again', { recovery, inMs, err: error })
      },
      onOpened: () => {
        this.#logUnavailable = undefined
        taskLogger.info('task runs')
      },
      onMigrated: (error) => {
        monitor.failed(codeOf(error))
        taskLogger.warn('another member has taken the task; joining again', { err: error })
        this.#tasks.delete(nameOf(partition))
        monitor.forget()
        this.#membership?.rejoin()
      },
      onFailed: (error) => void this.#fail(error),
    })
    const held = { taskId, partition, runner, monitor }
    this.#tasks.set(nameOf(partition), held)
    return held
  }

  async #closeAll(): Promise<void> {
    this.#measuring?.cancel()
    await this.#cleaner.stop()
    await Promise.allSettled([...this.#tasks.values()].map(({ runner }) => runner.close()))
    this.#tasks.clear()
  }

  /** What the application cannot get over: gives everything back without committing and says why. */
  async #fail(error: Error): Promise<void> {
    if (this.#state === 'ERROR' || this.#state === 'NOT_RUNNING') return
    this.#error = error
    this.#moveTo('ERROR')
    this.#options.logger.error('the application ends', { err: error })
    await this.#closeAll()
    await this.#membership?.leave().catch(() => {})
    this.#ended.reject(error)
  }

  /** Measures local state now and then; nobody waits for it. */
  #measure(): void {
    this.#measuring = this.#options.clock.setTimeout(() => {
      for (const { runner, monitor } of this.#tasks.values()) {
        void runner.task?.stateBytes().then(
          (bytes) => (bytes === undefined ? undefined : monitor.stateBytes(bytes)),
          () => {},
        )
      }
      this.#measure()
    }, measureEveryMs)
  }

  #moveTo(next: AppState): void {
    if (next === this.#state) return
    if (!moves[this.#state].includes(next)) throw new Error(`the application cannot go from ${this.#state} to ${next}`)
    this.#options.logger.debug('state', { from: this.#state, to: next })
    this.#state = next
  }
}
