import { parseDuration } from '../../time/duration.ts'
import type { RuleSetOptions } from '../rule-set.ts'
import { optionsSchema } from '../schema.ts'
import type { Issues } from './issues.ts'
import type { Named } from './sections.ts'
import { checkShape } from './shape.ts'
import type { MapTree } from './tree.ts'

/** What holds when a rule set says nothing. */
export const defaultOptions: RuleSetOptions = {
  graceMs: 3_600_000,
  emit: 'all',
  onLate: 'review',
  maxAheadMs: 600_000,
  dataDedupeMs: 7 * 86_400_000,
  tickAfterMs: 1_000,
}

/** Reads the options of all files together. */
export function buildOptions(options: readonly Named[], issues: Issues): RuleSetOptions {
  let built = defaultOptions
  for (const { name, key, value } of options) {
    const tree: MapTree = { ...key, kind: 'map', entries: new Map([[name, { key, value }]]) }
    const shape = checkShape(optionsSchema, tree, issues)
    if (shape === undefined) continue
    const { grace, emit, onLate, maxAhead, dataDedupe, tickAfter } = shape
    built = {
      graceMs: durationMs(grace) ?? built.graceMs,
      emit: emit ?? built.emit,
      onLate: onLate ?? built.onLate,
      maxAheadMs: durationMs(maxAhead) ?? built.maxAheadMs,
      dataDedupeMs: durationMs(dataDedupe) ?? built.dataDedupeMs,
      tickAfterMs: durationMs(tickAfter) ?? built.tickAfterMs,
    }
  }
  return built
}

/** The shape has been checked; what is beyond 2^53 ms counts as that. */
export const durationMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : (parseDuration(text) ?? Number.MAX_SAFE_INTEGER)
