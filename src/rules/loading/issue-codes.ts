import { type ExpressionCode, expressionCodes } from '../expression-problem.ts'

/** Codes of the problems that keep a rule set from loading, apart from those of expressions. */
const fileCodes = [
  'file-unreadable',
  'file-too-large',
  'no-rule-files',
  'yaml-syntax',
  'json-syntax',
  'too-deep',
  'too-many-values',
  'alias-in-itself',
  'key-not-text',
  'unknown-key',
  'missing-key',
  'wrong-type',
  'unknown-value',
  'out-of-range',
  'duplicate-name',
  'too-many',
  'bad-name',
  'bad-duration',
  'bad-date',
  'bad-time',
  'unknown-field-type',
  'reserved-field',
  'reserved-event',
  'event-is-data-type',
  'unknown-event',
  'unknown-rule',
  'table-join',
  'list-mixed',
  'feature-value',
  'feature-by',
  'feature-global',
  'window-order',
  'rule-kind',
  'rule-on-data-type',
  'step-shape',
  'step-name',
  'sequence-by',
  'not-first',
  'not-last',
  'not-any-order',
  'for-too-long',
  'template-open',
  'test-event',
] as const

export const warningCodes = [
  'never-fires',
  'expired',
  'global-unbounded',
  'unused-feature',
  'unused-table',
  'unused-list',
  'same-condition',
  'beyond-retention',
] as const

export type IssueCode = (typeof fileCodes)[number] | ExpressionCode
export type WarningCode = (typeof warningCodes)[number]

/** Every code that an issue of a rule file can have, warnings' too. */
export const issueCodes: readonly string[] = [...fileCodes, ...expressionCodes, ...warningCodes]
