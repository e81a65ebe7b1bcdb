/**
 * Every error class and its codes. The class says what the runtime does next, the code says what went wrong;
 * `docs/errors.md` lists each code with its remedy, and a test keeps that page and these lists equal.
 */

export const configCodes = [
  'config-invalid',
  'config-unreadable',
  'rule-set-changed',
  'rules-missing',
  'rule-set-unreadable',
  'keys-missing',
  'partition-count-changed',
  'not-co-partitioned',
] as const
export const topologyCodes = ['topology-invalid', 'loopback-undeclared'] as const
export const ruleSetCodes = ['rule-set-invalid'] as const
export const serdeCodes = ['serde-failed'] as const
export const processingCodes = ['processing-failed'] as const
export const productionCodes = ['record-too-large', 'commit-outcome-unknown', 'production-failed'] as const
export const logCodes = [
  'log-unavailable',
  'log-closed',
  'log-owned',
  'log-unwritable',
  'topic-missing',
  'offset-out-of-range',
  'not-authorized',
  'certificate-refused',
  'record-format-unsupported',
] as const
export const stateStoreCodes = [
  'store-unavailable',
  'store-locked',
  'store-corrupted',
  'store-not-prefetched',
  'disk-full',
] as const
export const taskMigratedCodes = ['fenced', 'assignment-lost'] as const
export const taskCorruptedCodes = ['changelog-truncated', 'state-corrupted'] as const

export type ConfigCode = (typeof configCodes)[number]
export type TopologyCode = (typeof topologyCodes)[number]
export type ProductionCode = (typeof productionCodes)[number]
export type LogCode = (typeof logCodes)[number]
export type StateStoreCode = (typeof stateStoreCodes)[number]
export type TaskMigratedCode = (typeof taskMigratedCodes)[number]
export type TaskCorruptedCode = (typeof taskCorruptedCodes)[number]

interface WeirErrorOptions {
  readonly cause?: unknown
}

/** The base of every error that Weir throws on purpose: a stable `code` and, where there is one, the `cause`. */
export abstract class WeirError<Code extends string = string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options: WeirErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.name = new.target.name
  }
}

/** The configuration or the command line is wrong: the process does not start. */
export class ConfigError extends WeirError<ConfigCode> {}

/** A topology contradicts itself: the process does not start. */
export class TopologyError extends WeirError<TopologyCode> {}

/** One problem in a rule file: where, what and how to mend it. Lines and columns count from 1. */
export interface RuleSetIssue {
  readonly severity: 'error' | 'warning'
  readonly file: string
  readonly line: number
  readonly column: number
  /** Stable, kebab-case. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** A rule set does not load: all its problems at once. */
export class RuleSetError extends WeirError<'rule-set-invalid'> {
  readonly issues: readonly RuleSetIssue[]

  constructor(issues: readonly RuleSetIssue[]) {
    const errors = issues.filter((issue) => issue.severity === 'error')
    super('rule-set-invalid', `the rule set has ${errors.length} ${errors.length === 1 ? 'problem' : 'problems'}`)
    this.issues = issues
  }
}

/** Bytes do not say what their serde expects: the record is dead-lettered. */
export class SerdeError extends WeirError<'serde-failed'> {
  constructor(message: string, options: WeirErrorOptions = {}) {
    super('serde-failed', message, options)
  }
}

export interface ProcessingSite {
  readonly node: string
  readonly taskId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A processor threw: the task stops at that record, with its coordinates. */
export class ProcessingError extends WeirError<'processing-failed'> {
  readonly site: ProcessingSite

  constructor(site: ProcessingSite, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause)
    super(
      'processing-failed',
      `${site.node} failed on ${site.topic}-${site.partition} at offset ${site.offset} in task ${site.taskId}: ${what}`,
      { cause },
    )
    this.site = site
  }
}

/** Output could not be written, or nobody knows whether it was: the task drops its buffer and starts again from the log. */
export class ProductionError extends WeirError<ProductionCode> {}

export interface LogErrorOptions extends WeirErrorOptions {
  /** For `offset-out-of-range`: the first offset that can still be read. */
  readonly startOffset?: number
}

/** The log cannot do what was asked. `log-unavailable` is worth another try; the others need somebody. */
export class LogError extends WeirError<LogCode> {
  readonly startOffset: number | undefined

  constructor(code: LogCode, message: string, options: LogErrorOptions = {}) {
    super(code, message, options)
    this.startOffset = options.startOffset
  }
}

/** The local state cannot be read or written. */
export class StateStoreError extends WeirError<StateStoreCode> {}

/** Another owner has this task now: close without committing, and join the group again. */
export class TaskMigratedError extends WeirError<TaskMigratedCode> {}

/** The local state contradicts the log: delete it and restore from the changelogs. */
export class TaskCorruptedError extends WeirError<TaskCorruptedCode> {}

/** For metrics and logs: the code of an error of ours, the name of any other. */
export const codeOf = (error: Error): string => (error instanceof WeirError ? error.code : error.name)
