import { codeOf } from '../errors.ts'
import { StandbyTask, type StandbyTaskOptions } from '../task/standby-task.ts'
import type { TaskStatus } from '../task/task-lifecycle.ts'
import { warmLag } from './assign-candidates.ts'
import { type Lags, unknownLag } from './assignor-data.ts'
import type { StandbyHealth } from './health.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { TaskRunner } from './task-runner.ts'

/** A task of which a standby is kept. */
export type StandbyPlace = Pick<StandbyTaskOptions, 'taskId' | 'topology' | 'partition'>

export interface StandbysOptions
  extends Pick<
    StandbyTaskOptions,
    'applicationId' | 'log' | 'engine' | 'stateDir' | 'clock' | 'limits' | 'deployments'
  > {
  /** By the name of its partition. */
  readonly placeOf: (name: string) => StandbyPlace
  readonly logger: Logger
  readonly metrics: Metrics
  /** All copies that were to be warmed up are warm: their tasks can come. */
  readonly onWarm: () => void
  readonly onFailed: (error: Error) => void
}

interface Kept {
  readonly taskId: string
  readonly runner: TaskRunner<StandbyTask>
  /** `undefined` until the first look at the log. */
  lag: number | undefined
}

/** The standbys of one member, by the names of their partitions. */
export class Standbys {
  readonly #options: StandbysOptions
  readonly #kept = new Map<string, Kept>()
  #warming = new Set<string>()

  constructor(options: StandbysOptions) {
    this.#options = options
  }

  get taskIds(): readonly string[] {
    return [...this.#kept.values()].map(({ taskId }) => taskId)
  }

  lags(): Lags {
    return Object.fromEntries([...this.#kept].map(([name, { lag }]) => [name, lag ?? unknownLag]))
  }

  health(): readonly StandbyHealth[] {
    return [...this.#kept.values()].map(({ taskId, runner, lag }) => {
      const state: TaskStatus = runner.task?.status ?? 'CREATED'
      return { taskId, state, ...(lag === undefined ? {} : { lag }) }
    })
  }

  /** Gives all others back: their tasks come to this member, or go elsewhere. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    this.#warming.clear()
    const gone = [...this.#kept].filter(([name]) => !names.has(name))
    await Promise.all(gone.map(([name, kept]) => this.#release(name, kept)))
  }

  /** Begins those that are not kept yet. `warmUps` are the ones whose tasks are to come when they are warm. */
  start(names: Iterable<string>, warmUps: readonly string[]): void {
    this.#warming = new Set(warmUps)
    for (const name of names) {
      const kept = this.#kept.get(name) ?? this.#keep(name)
      if (kept.lag !== undefined) this.#warmedUp(name, kept.lag)
    }
  }

  close(): Promise<void> {
    return this.keepOnly(new Set())
  }

  async #release(name: string, { taskId, runner }: Kept): Promise<void> {
    this.#kept.delete(name)
    await runner.close()
    this.#options.metrics.unset('standby.lag', { task: taskId })
  }

  #keep(name: string): Kept {
    const { placeOf, logger, metrics, onWarm, onFailed, ...settings } = this.#options
    const place = placeOf(name)
    const { taskId } = place
    const taskLogger = logger.child({ standby: taskId })
    const onLag = (lag: number): void => {
      kept.lag = lag
      metrics.set('standby.lag', lag, { task: taskId })
      this.#warmedUp(name, lag)
    }
    const runner = new TaskRunner<StandbyTask>({
      create: () => new StandbyTask({ ...settings, ...place, onLag }),
      clock: settings.clock,
      onOpened: () => taskLogger.info('standby follows'),
      onRecovering: (recovery, error, inMs) => {
        kept.lag = undefined
        if (recovery === 'rebuild') metrics.add('state.rebuilt', 1, { task: taskId, code: codeOf(error) })
        taskLogger.warn('standby starts again', { recovery, inMs, err: error })
      },
      // Nobody fences a standby.
      onMigrated: onFailed,
      onFailed,
    })
    const kept: Kept = { taskId, runner, lag: undefined }
    this.#kept.set(name, kept)
    runner.start()
    return kept
  }

  #warmedUp(name: string, lag: number): void {
    if (lag > warmLag || !this.#warming.delete(name) || this.#warming.size > 0) return
    this.#options.onWarm()
  }
}
