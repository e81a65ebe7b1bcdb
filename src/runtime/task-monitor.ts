import type { FetchedBatch } from '../log/log.ts'
import type { CommitFacts } from '../task/commit-pipeline.ts'
import type { InForce, WarmUpProgress } from '../task/deployment-ledger.ts'
import type { RestoreProgress } from '../task/open-state.ts'
import type { TaskObserver } from '../task/task-options.ts'
import type { Clock } from '../time/clock.ts'
import type { TaskHealth } from './health.ts'
import { type Logger, silentLogger } from './logger.ts'
import type { CounterName, GaugeName, Labels, Metrics } from './metrics.ts'
import { RestoreReport } from './restore-report.ts'

/** What operators count, as the metrics name it. */
const counterOf: Readonly<Record<string, CounterName>> = {
  records: 'records.processed',
  skipped: 'records.skipped',
  late: 'records.late',
  duplicates: 'records.duplicate',
  'decisions-equal': 'decisions.equal',
  'decisions-differing': 'decisions.differing',
  'decisions-redecided': 'decisions.redecided',
  'decisions-retracted': 'decisions.retracted',
}

const labelled: Readonly<Record<string, { readonly counter: CounterName; readonly label: string }>> = {
  'dead-lettered': { counter: 'records.dead_lettered', label: 'reason' },
  hits: { counter: 'rules.hits', label: 'rule' },
  failures: { counter: 'rules.failures', label: 'rule' },
  decisions: { counter: 'decisions', label: 'outcome' },
}

const severalRows = 'several-rows.'

const warmUpGauges = ['task.warm_up.remaining', 'task.warm_up.total'] as const

/** Watches one task: turns what it tells into metrics, and remembers what health asks for. */
export class TaskMonitor implements TaskObserver {
  readonly #taskId: string
  readonly #metrics: Metrics
  readonly #clock: Clock
  readonly #labels: Labels
  readonly #logger: Logger
  readonly #warned = new Set<string>()
  #lag: number | undefined
  readonly #restore: RestoreReport
  #heldBackSinceMs: number | undefined
  #heldBackAt = -1
  #differing = 0

  constructor(taskId: string, metrics: Metrics, clock: Clock, logger: Logger = silentLogger) {
    this.#taskId = taskId
    this.#logger = logger
    this.#metrics = metrics
    this.#clock = clock
    this.#labels = { task: taskId }
    this.#restore = new RestoreReport(clock, logger.child(this.#labels))
  }

  readonly count = (name: string, by = 1): void => {
    if (name === 'decisions-differing' || name === 'decisions-retracted') this.#differs(by)
    const plain = counterOf[name]
    if (plain !== undefined) return this.#metrics.add(plain, by, this.#labels)
    const dot = name.indexOf('.')
    const known = dot < 0 ? undefined : labelled[name.slice(0, dot)]
    if (name === 'dead-lettered.forged') this.#metrics.add('records.forged', by, this.#labels)
    if (known !== undefined)
      return this.#metrics.add(known.counter, by, { ...this.#labels, [known.label]: name.slice(dot + 1) })
    if (name.startsWith(severalRows)) this.#warnOfRows(name.slice(severalRows.length))
    this.#metrics.add('operators.count', by, { ...this.#labels, name })
  }

  /** After a reset: the log holds other decisions than are made now. */
  #differs(by: number): void {
    this.#differing += by
    this.#logger.error('decisions in the log are not what is decided now; see weir reset --help', {
      ...this.#labels,
      differing: this.#differing,
    })
  }

  /** Once a table: the rule file describes it wrongly, and every row would say so again. */
  #warnOfRows(table: string): void {
    if (this.#warned.has(table)) return
    this.#warned.add(table)
    this.#logger.warn('a table without "on" has several rows under one key, and only the last change counts', { table })
  }

  polled({ nextOffset, highWatermark, lastStableOffset }: FetchedBatch): void {
    const gap = Math.max(0, highWatermark - lastStableOffset)
    const waits = gap > 0 && nextOffset >= lastStableOffset
    // Our own commits hold readers back too, for a moment each: only where the offset stands still it is one transaction.
    if (!waits) this.#heldBackSinceMs = undefined
    else if (this.#heldBackSinceMs === undefined || lastStableOffset !== this.#heldBackAt) {
      this.#heldBackSinceMs = this.#clock.nowMs()
    }
    this.#heldBackAt = lastStableOffset
    this.#lag = Math.max(0, highWatermark - nextOffset)
    this.#metrics.set('task.lag', this.#lag, this.#labels)
    this.#metrics.set('task.open_transaction.records', gap, this.#labels)
    this.#metrics.set('task.open_transaction.age.seconds', this.#heldBackMs() / 1000, this.#labels)
  }

  committed({ tookMs, oldestEventMs }: CommitFacts): void {
    this.#metrics.add('commits', 1, this.#labels)
    this.#metrics.observe('commit.duration.seconds', tookMs / 1000, this.#labels)
    if (oldestEventMs === undefined) return
    const latencyMs = Math.max(0, this.#clock.nowMs() - oldestEventMs)
    this.#metrics.observe('decision.latency.seconds', latencyMs / 1000, this.#labels)
  }

  failed(code: string): void {
    this.#metrics.add('commits.failed', 1, { ...this.#labels, code })
  }

  rebuilding(code: string): void {
    this.#metrics.add('state.rebuilt', 1, { ...this.#labels, code })
  }

  stateBytes(bytes: number): void {
    this.#metrics.set('state.size.bytes', bytes, this.#labels)
  }

  restoring(progress: RestoreProgress): void {
    this.#restore.progress(progress)
    this.#metrics.set('task.restore.remaining', progress.remaining, this.#labels)
    this.#metrics.set('task.restore.total', progress.total, this.#labels)
  }

  /** What of the last restore is still to do; `undefined` when there was none. */
  get restoreRemaining(): number | undefined {
    return this.#restore.status?.remaining
  }

  health(state: TaskHealth['state']): TaskHealth {
    const restore = state === 'RESTORING' ? this.#restore.status : undefined
    return {
      taskId: this.#taskId,
      state,
      openTransactionAgeMs: this.#heldBackMs(),
      ...(this.#differing === 0 ? {} : { differingDecisions: this.#differing }),
      ...(this.#lag === undefined ? {} : { lag: this.#lag }),
      ...(restore === undefined ? {} : { restore }),
    }
  }

  warmingUp({ hash, from, reached, to, isWarm, failure }: WarmUpProgress): void {
    const fields = { task: this.#taskId, ruleSet: hash }
    if (failure !== undefined) {
      this.#unset(warmUpGauges)
      return this.#logger.error('a deployed rule set cannot be made ready', { ...fields, failure })
    }
    this.#metrics.set('task.warm_up.remaining', Math.max(0, to - reached), this.#labels)
    this.#metrics.set('task.warm_up.total', Math.max(0, to - from), this.#labels)
    if (isWarm) return this.#logger.info('a deployed rule set is ready', fields)
    this.#logger.debug('making a deployed rule set ready', { ...fields, reached, to })
  }

  activated({ hash, offset }: Pick<InForce, 'hash' | 'offset'>): void {
    this.#unset(warmUpGauges)
    this.#logger.info('another rule set is in force', { task: this.#taskId, ruleSet: hash, offset })
  }

  /** The task has gone elsewhere. */
  forget(): void {
    this.#unset([
      'task.lag',
      'task.open_transaction.records',
      'task.open_transaction.age.seconds',
      'task.restore.remaining',
      'task.restore.total',
      ...warmUpGauges,
      'state.size.bytes',
    ])
  }

  #unset(gauges: readonly GaugeName[]): void {
    for (const gauge of gauges) this.#metrics.unset(gauge, this.#labels)
  }

  #heldBackMs(): number {
    return this.#heldBackSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#heldBackSinceMs
  }
}
