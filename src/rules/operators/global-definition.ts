import { createHash } from 'node:crypto'
import type { AggregateValue } from '../../operators/features/definition.ts'
import { canonicalJson } from '../../record/canonical-json.ts'
import type { Aggregate, FeatureDef } from '../rule-set.ts'
import type { ValueType } from '../value-type.ts'

/**
 * What must be known of a global feature to aggregate its contributions: each of them carries it, so that a result depends on
 * the contributions alone and not on the rule files of whoever aggregates them.
 */
export interface GlobalDefinition {
  readonly name: string
  /** Of everything that can change a result: another definition begins with empty windows. */
  readonly hash: string
  readonly agg: Aggregate
  readonly fromMs: number
  readonly toMs: number
  readonly include: 'current' | 'prior'
  readonly graceMs: number
  /** Which results are written, with the types of what it reads. */
  readonly emit?: { readonly text: string; readonly value: ValueType; readonly by: ValueType }
}

export function globalDefinition(feature: FeatureDef, graceMs: number): GlobalDefinition {
  const { name, event, agg, where, value, by, window, include, emit, type } = feature
  const { fromMs, toMs } = window
  const content = [name, event, agg, where?.text ?? '', value?.text ?? '', by!.text, fromMs, toMs, include, graceMs]
  const hash = createHash('sha256').update(canonicalJson([...content, emit?.text ?? '']))
  return {
    name,
    hash: hash.digest('base64url').slice(0, 16),
    agg,
    fromMs,
    toMs,
    include,
    graceMs,
    ...(emit === undefined ? {} : { emit: { text: emit.text, value: type, by: by!.type } }),
  }
}

/** How far back of the sources' time a contribution can still be asked for. */
export const reachMs = ({ fromMs, graceMs }: GlobalDefinition): number => fromMs + graceMs

/** The header by which a result says which definition it comes from. */
export const definitionHeader = 'definition'

/** An event that counts in a global feature, on its way to the task that keeps the feature for its `by`. */
export interface Contribution {
  readonly definition: GlobalDefinition
  readonly by: AggregateValue
  /** Absent for `count`. */
  readonly value?: AggregateValue
  /** The customer. */
  readonly key: string
  /** The event: where it lies in main, and what it says of itself. */
  readonly cause: { readonly id: string; readonly partition: number; readonly offset: number; readonly timeMs: number }
  /** Stream time of the event's partition, the event included. */
  readonly streamTimeMs: number
}

/** What a global feature was at the event that contributed. */
export interface GlobalResult {
  readonly contribution: Contribution
  /** Absent for an empty window, and for a result that is not finite. */
  readonly value: AggregateValue | undefined
}
