import { join } from 'node:path'
import type { GroupMembership } from '../log/log.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import type { Timer } from '../time/clock.ts'
import { AppLifecycle } from './app-lifecycle.ts'
import type { AppOptions } from './app-options.ts'
import { assignorName, stickyAssignor } from './assignor.ts'
import { decodeShareData, encodeMemberData, type ShareData } from './assignor-data.ts'
import type { AppState, HealthSnapshot } from './health.ts'
import { instanceIdOf } from './instance-id.ts'
import { OwnedTasks } from './owned-tasks.ts'
import { changedCount, type PartitionCounts, prepareTopics } from './prepare-topics.ts'
import { Standbys } from './standbys.ts'
import { StateCleaner, stateIn } from './state-cleaner.ts'
import { partitionNamed, placeOf, sourceOf } from './task-places.ts'

const measureEveryMs = 15_000

/** One member of the application's group: takes the partitions that the group gives it and keeps a task on each. */
export class WeirApp {
  readonly #options: AppOptions
  readonly #lifecycle: AppLifecycle
  readonly #tasks: OwnedTasks
  readonly #standbys: Standbys
  readonly #cleaner: StateCleaner
  #membership: GroupMembership | undefined
  #instance = ''
  #counts: PartitionCounts = new Map()
  #owners: ShareData['owners'] = {}
  #measuring: Timer | undefined

  constructor(options: AppOptions) {
    this.#options = options
    const { engine, clock, logger, topology, cleanupDelayMs: delayMs = 600_000 } = options
    const onFailed = (error: Error) => void this.#fail(error)
    this.#lifecycle = new AppLifecycle(logger)
    this.#tasks = new OwnedTasks({ ...options, onMigrated: () => this.#membership?.rejoin(), onFailed })
    this.#standbys = new Standbys({
      ...options,
      placeOf(name) {
        const { taskId, subTopology, partition } = placeOf(topology, partitionNamed(name))
        return { taskId, topology: subTopology, partition }
      },
      onWarm: () => this.#membership?.rejoin(),
      onFailed,
    })
    this.#cleaner = new StateCleaner({
      dir: this.#folder,
      engine,
      delayMs,
      inUse: () => new Set([...this.#tasks.taskIds, ...this.#standbys.taskIds]),
      clock,
      logger,
    })
  }

  get state(): AppState {
    return this.#lifecycle.state
  }

  /** Resolves after `stop`; rejects with what the application could not get over. */
  get ended(): Promise<void> {
    return this.#lifecycle.ended
  }

  /**
   * Checks the topics, makes the changelogs, and joins the group; tasks start when the group gives partitions.
   * @throws LogError `topic-missing`; ConfigError `partition-count-changed`, `not-co-partitioned`; StateStoreError
   */
  async start(): Promise<void> {
    const { applicationId, log, topology, sessionTimeoutMs, logger, engine } = this.#options
    this.#counts = await prepareTopics(log, applicationId, topology.subTopologies)
    this.#instance = await instanceIdOf(this.#folder, engine)
    this.#lifecycle.moveTo('REBALANCING')
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
    if (this.state !== 'ERROR') {
      this.#measure()
      if (engine.name !== 'memory') this.#cleaner.start()
    }
    logger.info('joined the group', { group: applicationId, member: this.#membership.memberId })
  }

  /** Finishes the batches in hand, commits, leaves the group, and gives everything back. */
  async stop(): Promise<void> {
    if (this.#lifecycle.isOver) return
    if (this.state === 'PENDING_SHUTDOWN') return this.ended
    if (this.state === 'CREATED') return this.#lifecycle.end()
    this.#lifecycle.moveTo('PENDING_SHUTDOWN')
    try {
      await this.#membership?.leave()
      await this.#closeAll()
      this.#lifecycle.end()
    } catch (error) {
      await this.#fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  health(): HealthSnapshot {
    const { logUnavailable } = this.#tasks
    const { error } = this.#lifecycle
    return {
      state: this.state,
      tasks: this.#tasks.health(),
      standbys: this.#standbys.health(),
      owners: this.#owners,
      ...(logUnavailable === undefined ? {} : { logUnavailable }),
      ...(error === undefined ? {} : { error: error.message }),
    }
  }

  get #folder(): string {
    return join(this.#options.stateDir, this.#options.applicationId)
  }

  #userData(): Buffer {
    const { topology, engine, standbyReplicas = 0, endpoint } = this.#options
    const owned = this.#tasks.lags()
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

  async #take(partitions: readonly TopicPartition[], { standbys, warmUps, owners }: ShareData): Promise<void> {
    if (!this.#lifecycle.isTaking) return
    const changed = await changedCount(this.#options.log, this.#counts)
    if (changed !== undefined) throw changed
    const wanted = new Set(partitions.map(nameOf))
    await Promise.all([this.#standbys.keepOnly(new Set(standbys)), this.#tasks.keepOnly(wanted)])
    if (!this.#lifecycle.isTaking) return
    this.#tasks.start(partitions)
    this.#standbys.start(standbys, warmUps)
    this.#owners = owners
    this.#options.logger.info('partitions assigned', { partitions: [...wanted], standbys, warmUps })
    this.#lifecycle.moveTo('RUNNING')
  }

  async #suspend(partitions: readonly TopicPartition[]): Promise<void> {
    this.#lifecycle.rebalance()
    await this.#tasks.suspend(partitions)
  }

  async #lose(partitions: readonly TopicPartition[]): Promise<void> {
    this.#lifecycle.rebalance()
    await this.#tasks.lose(partitions)
  }

  async #closeAll(): Promise<void> {
    this.#measuring?.cancel()
    await this.#cleaner.stop()
    await Promise.allSettled([this.#standbys.close(), this.#tasks.close()])
  }

  /** What the application cannot get over: gives everything back without committing and says why. */
  async #fail(error: Error): Promise<void> {
    if (this.#lifecycle.isOver) return
    await this.#lifecycle.fail(error, async () => {
      await this.#closeAll()
      await this.#membership?.leave().catch(() => {})
    })
  }

  /** Measures local state now and then, and looks whether the topics are as they were; nobody waits for it. */
  #measure(): void {
    this.#measuring = this.#options.clock.setTimeout(() => {
      this.#tasks.measure()
      void changedCount(this.#options.log, this.#counts).then((changed) => changed && this.#fail(changed))
      this.#measure()
    }, measureEveryMs)
  }
}
