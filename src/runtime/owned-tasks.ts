import { codeOf, LogError } from '../errors.ts'
import { nameOf, type TopicPartition } from '../record/record.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { AppOptions, TaskSettings } from './app-options.ts'
import { type Lags, unknownLag } from './assignor-data.ts'
import type { TaskHealth } from './health.ts'
import { TaskMonitor } from './task-monitor.ts'
import { placeOf } from './task-places.ts'
import { TaskRunner } from './task-runner.ts'

export interface OwnedTasksOptions
  extends TaskSettings,
    Pick<AppOptions, 'topology' | 'transactionTimeoutMs' | 'logger' | 'metrics'> {
  /** Another member has taken a task over. */
  readonly onMigrated: () => void
  readonly onFailed: (error: Error) => void
}

interface Owned {
  readonly taskId: string
  readonly runner: TaskRunner<StreamTask>
  readonly monitor: TaskMonitor
}

/** The tasks that one member runs, by the names of their partitions. */
export class OwnedTasks {
  readonly #options: OwnedTasksOptions
  readonly #owned = new Map<string, Owned>()
  #logUnavailable: string | undefined

  constructor(options: OwnedTasksOptions) {
    this.#options = options
  }

  get taskIds(): readonly string[] {
    return [...this.#owned.values()].map(({ taskId }) => taskId)
  }

  /** Why a task waits for the log; `undefined` when none does. */
  get logUnavailable(): string | undefined {
    return this.#logUnavailable
  }

  lags(): Lags {
    return Object.fromEntries([...this.#owned].map(([name, owned]) => [name, lagOf(owned)]))
  }

  health(): readonly TaskHealth[] {
    return [...this.#owned.values()].map(({ runner, monitor }) => monitor.health(runner.task?.status ?? 'CREATED'))
  }

  /** Gives all others back. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    await this.#release([...this.#owned.keys()].filter((name) => !names.has(name)))
  }

  /** Begins those that are not there yet, and lets the others go on. */
  start(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const owned = this.#owned.get(nameOf(partition)) ?? this.#own(partition)
      owned.runner.start()
    }
  }

  /** State and producer stay: most partitions come back in the next round. */
  async suspend(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(partitions.map((partition) => this.#owned.get(nameOf(partition))?.runner.suspend()))
  }

  /** Others may have these already: nothing more is committed. */
  async lose(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#release(partitions.map(nameOf))
  }

  /** Measures local state; nobody waits for it. */
  measure(): void {
    for (const { runner, monitor } of this.#owned.values()) {
      void runner.task?.stateBytes().then(
        (bytes) => (bytes === undefined ? undefined : monitor.stateBytes(bytes)),
        () => {},
      )
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#owned.values()].map(({ runner }) => runner.close()))
    this.#owned.clear()
  }

  async #release(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const owned = this.#owned.get(name)
        this.#owned.delete(name)
        await owned?.runner.close()
        owned?.monitor.forget()
      }),
    )
  }

  #own(partition: TopicPartition): Owned {
    const { topology, logger, metrics, onMigrated, onFailed, ...settings } = this.#options
    const { clock } = settings
    const { subTopology, taskId } = placeOf(topology, partition)
    const name = nameOf(partition)
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
        if (error instanceof LogError && error.code === 'log-unavailable') this.#logUnavailable = error.message
        taskLogger.warn('task starts again', { recovery, inMs, err: error })
      },
      onOpened: () => {
        this.#logUnavailable = undefined
        taskLogger.info('task runs')
      },
      onMigrated: (error) => {
        monitor.failed(codeOf(error))
        taskLogger.warn('another member has taken the task; joining again', { err: error })
        this.#owned.delete(name)
        monitor.forget()
        onMigrated()
      },
      onFailed,
    })
    const owned = { taskId, runner, monitor }
    this.#owned.set(name, owned)
    return owned
  }
}

/** How much of the state of a task that this member runs is missing. */
function lagOf({ runner, monitor }: Owned): number {
  const status = runner.task?.status
  if (status === 'RUNNING' || status === 'SUSPENDED') return 0
  return monitor.restoreRemaining ?? unknownLag
}
