/**
 * What Weir counts and measures, as a port: the engine is handed a `Metrics` and knows nothing of who collects. Every
 * instrument is declared here, with its labels, and exists once.
 */

export const counters = {
  'records.processed': 'Records of the main topic that were applied',
  'records.skipped': 'Records dropped by their headers, without reading the value',
  'records.late': 'Business events older than stream time minus grace',
  'records.duplicate': 'Records whose id had been seen',
  'records.dead_lettered': 'Records sent to the dead-letter topic, by reason',
  'records.forged': 'Control records, decisions or feature records without a valid signature',
  decisions: 'Decisions committed, by outcome',
  'decisions.equal': 'Decisions in the log that were decided again after a reset, byte for byte',
  'decisions.differing': 'Decisions in the log that are not what is decided after a reset',
  'decisions.redecided': 'Decisions that a reset wrote again, superseding those in the log',
  'decisions.retracted': 'Decisions in the log that are no longer made at all after a reset',
  'rules.hits': 'Times a rule fired, by rule and mode',
  'rules.failures': 'Evaluations of a rule that failed, by rule',
  commits: 'Transactions committed',
  'commits.failed': 'Times a task ended by an error and started again or moved, by code',
  'state.rebuilt': 'Times local state was deleted and restored from the changelogs, by code',
  'operators.count': 'What operators count, by name',
} as const

export const histograms = {
  'commit.duration.seconds': 'From opening a transaction to its commit',
  'decision.latency.seconds': 'From the log’s timestamp of the oldest event of a commit to that commit',
} as const

export const gauges = {
  'task.lag': 'Records between a task’s position and the end of its partition',
  'task.open_transaction.records': 'High watermark minus last stable offset',
  'task.open_transaction.age.seconds': 'How long the last stable offset has been held back',
  'task.restore.remaining': 'Changelog records still to restore',
  'task.restore.total': 'Changelog records to restore when it began',
  'task.warm_up.remaining':
    'Records that the state of a deployed rule set still lacks; none once it is in force or has failed',
  'task.warm_up.total': 'Records that the state of a deployed rule set is made of',
  'standby.lag': 'Changelog records that a standby has not read yet',
  'state.size.bytes': 'Local state on disk or in memory',
} as const

export type CounterName = keyof typeof counters
export type HistogramName = keyof typeof histograms
export type GaugeName = keyof typeof gauges
/** Few values each: task, reason, outcome, rule, mode, code, name; never a key or an id. */
export type Labels = Readonly<Record<string, string>>

export interface Metrics {
  add(counter: CounterName, by: number, labels?: Labels): void
  /** Seconds. */
  observe(histogram: HistogramName, seconds: number, labels?: Labels): void
  set(gauge: GaugeName, value: number, labels?: Labels): void
  /** The gauge no longer has a value for these labels: a task that has gone elsewhere. */
  unset(gauge: GaugeName, labels?: Labels): void
}

/** Collects nothing. */
export const noMetrics: Metrics = { add() {}, observe() {}, set() {}, unset() {} }
