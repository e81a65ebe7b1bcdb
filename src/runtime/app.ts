import { join } from 'node:path'
import { codeOf, LogError } from '../errors.ts'
import type { GroupMembership } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { StreamTaskOptions } from '../task/task-options.ts'
import type { Timer } from '../time/clock.ts'
import type { Topology } from '../topology/topology.ts'
import { assignorName, stickyAssignor } from './assignor.ts'
import { decodeShareData, encodeMemberData, type Lags, type ShareData, unknownLag } from './assignor-data.ts'
import type { AppState, HealthSnapshot } from './health.ts'
import { instanceIdOf } from './instance-id.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { changedCount, type PartitionCounts, prepareTopics } from './prepare-topics.ts'
import { Standbys } from './standbys.ts'
import { StateCleaner, stateIn } from './state-cleaner.ts'
import { TaskMonitor } from './task-monitor.ts'
import { partitionNamed, placeOf, sourceOf } from './task-places.ts'
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
  | 'cacheBytes'
  | 'writeBehindBytes'
  | 'clock'
  | 'tick'
  | 'revise'
  | 'deployments'
>

export interface AppOptions extends TaskSettings {
  readonly topology: Topology
  /** Default 10,000. */
  readonly transactionTimeoutMs?: number
  /** Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Instances that keep a copy of each task's state beside its owner. Default 0. */
  readonly standbyReplicas?: number
  /** Where this instance answers questions about its tasks, as `host:port`: published to the group. */
  readonly endpoint?: string
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

interface Held {
  readonly taskId: string
  readonly partition: TopicPartition
  readonly runner: TaskRunner<StreamTask>
  readonly monitor: TaskMonitor
}

/** One member of the application's group: takes the partitions that the group gives it and keeps a task on each. */
export class WeirApp {
  readonly #options: AppOptions
  readonly #tasks = new Map<string, Held>()
  readonly #standbys: Standbys
  readonly #cleaner: StateCleaner
  readonly #ended = Promise.withResolvers<void>()
  #membership: GroupMembership | undefined
  #instance = ''
  #counts: PartitionCounts = new Map()
  #owners: ShareData['owners'] = {}
  #state: AppState = 'CREATED'
  #error: Error | undefined
  #logUnavailable: string | undefined
  #measuring: Timer | undefined

  constructor(options: AppOptions) {
    this.#options = options
    const { engine, clock, logger, topology, cleanupDelayMs: delayMs = 600_000 } = options
    this.#standbys = new Standbys({
      ...options,
      placeOf(name) {
        const { taskId, subTopology, partition } = placeOf(topology, partitionNamed(name))
        return { taskId, topology: subTopology, partition }
      },
      onWarm: () => this.#membership?.rejoin(),
      onFailed: (error) => void this.#fail(error),
    })
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
   * @throws LogError `topic-missing`; ConfigError `partition-count-changed`, `not-co-partitioned`; StateStoreError
   */
  async start(): Promise<void> {
    const { applicationId, log, topology, sessionTimeoutMs, logger } = this.#options
    this.#counts = await prepareTopics(log, applicationId, topology.subTopologies)
    this.#instance = await instanceIdOf(this.#folder, this.#options.engine)
    this.#moveTo('REBALANCING')
    this.#membership = await log.joinGroup({
      groupId: applicationId,
      topics: topology.subTopologies.flatMap(({ sources }) => sources.map(({ topic }) => topic)),
      assignor: stickyAssignor,
      assignorName,
      userData: () => this.#userData(),
      onAssigned: (partitions, userData) => this.#take(partitions, decodeShareData(userData)),
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
      standbys: this.#standbys.health(),
      owners: this.#owners,
      ...(this.#logUnavailable === undefined ? {} : { logUnavailable: this.#logUnavailable }),
      ...(this.#error === undefined ? {} : { error: this.#error.message }),
    }
  }

  get #folder(): string {
    return join(this.#options.stateDir, this.#options.applicationId)
  }

  #taskIds(): ReadonlySet<string> {
    return new Set([...[...this.#tasks.values()].map(({ taskId }) => taskId), ...this.#standbys.taskIds])
  }

  #userData(): Buffer {
    const { topology, engine, standbyReplicas = 0, endpoint } = this.#options
    const owned: Lags = Object.fromEntries([...this.#tasks].map(([name, held]) => [name, lagOf(held)]))
    const copies = this.#standbys.lags()
    const left =
      engine.name === 'memory' ? [] : stateIn(this.#folder).flatMap((taskId) => sourceOf(topology, taskId) ?? [])
    return encodeMemberData({
      instance: this.#instance,
      ...(endpoint === undefined ? {} : { endpoint }),
      standbyReplicas,
      owned,
      copies,
      left: left.map(nameOf).filter((name) => owned[name] === undefined && copies[name] === undefined),
    })
  }

  /** Not while it ends, which may begin in the middle of an assignment. */
  get #isTaking(): boolean {
    return this.#state === 'REBALANCING' || this.#state === 'RUNNING'
  }

  async #take(partitions: readonly TopicPartition[], { standbys, warmUps, owners }: ShareData): Promise<void> {
    if (!this.#isTaking) return
    const changed = await changedCount(this.#options.log, this.#counts)
    if (changed !== undefined) throw changed
    const wanted = new Set(partitions.map(nameOf))
    const gone = [...this.#tasks].filter(([name]) => !wanted.has(name))
    await Promise.all([
      this.#standbys.keepOnly(new Set(standbys)),
      ...gone.map(([name, held]) => this.#release(name, held)),
    ])
    if (!this.#isTaking) return
    for (const partition of partitions) {
      const held = this.#tasks.get(nameOf(partition)) ?? this.#hold(partition)
      held.runner.start()
    }
    this.#standbys.start(standbys, warmUps)
    this.#owners = owners
    this.#options.logger.info('partitions assigned', { partitions: [...wanted], standbys, warmUps })
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
    const { subTopology, taskId } = placeOf(topology, partition)
    const monitor = new TaskMonitor(taskId, metrics, clock, logger)
    const taskLogger = logger.child({ task: taskId })
    const runner = new TaskRunner({
      create: () =>
        new StreamTask({
          ...settings,
          topology: subTopology,
          partition: partition.partition,
          transactionTimeoutMs: settings.transactionTimeoutMs ?? 10_000,
          observer: monitor,
        }),
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
    await Promise.allSettled([this.#standbys.close(), ...[...this.#tasks.values()].map(({ runner }) => runner.close())])
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

  /** Measures local state now and then, and looks whether the topics are as they were; nobody waits for it. */
  #measure(): void {
    this.#measuring = this.#options.clock.setTimeout(() => {
      for (const { runner, monitor } of this.#tasks.values()) {
        void runner.task?.stateBytes().then(
          (bytes) => (bytes === undefined ? undefined : monitor.stateBytes(bytes)),
          () => {},
        )
      }
      void changedCount(this.#options.log, this.#counts).then((changed) => changed && this.#fail(changed))
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

/** How much of the state of a task that this member runs is missing. */
function lagOf({ runner, monitor }: Held): number {
  const status = runner.task?.status
  if (status === 'RUNNING' || status === 'SUSPENDED') return 0
  return monitor.restoreRemaining ?? unknownLag
}
