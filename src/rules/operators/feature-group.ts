import { createHash } from 'node:crypto'
import type { WindowedAggregateDef, WindowedFeature } from '../../operators/features/definition.ts'
import type { KeyedEvent } from '../../operators/sequence/definition.ts'
import { compositeKey, typedKey } from '../../operators/sequence/typed-key.ts'
import type { FeatureDef } from '../rule-set.ts'
import type { RiskEvent } from './incoming.ts'

type ScopeOf = (event: KeyedEvent<RiskEvent>) => Readonly<Record<string, unknown>>

/** Features over the same events, kept by the same key: they share their storage. */
export interface FeatureGroup {
  /** The type whose events count. */
  readonly event: string
  readonly features: readonly FeatureDef[]
  /** Names the group by what it keeps, whatever else the rule set says. */
  readonly name: string
}

export function groupFeatures(features: Iterable<FeatureDef>): FeatureGroup[] {
  const groups = Map.groupBy(features, ({ event, where, by }) =>
    compositeKey([event, where?.text ?? '', by?.text ?? '']),
  )
  return [...groups].map(([key, members]) => ({
    event: members[0]!.event,
    features: members,
    name: nameOf(key, members),
  }))
}

/** What is kept of an event are the features' values: another set of them is another store. */
function nameOf(key: string, members: readonly FeatureDef[]): string {
  const kept = members.map(({ agg, value, window }) =>
    compositeKey([agg, value?.text ?? '', String(window.fromMs), String(window.toMs)]),
  )
  const digest = createHash('sha256')
    .update(compositeKey([key, ...kept.toSorted()]))
    .digest('base64url')
  return `features-${digest.slice(0, 8).replaceAll('_', '.')}`
}

/** Wires a group to the operator for windowed aggregates. */
export function featureGroupDef(
  { event: type, features, name }: FeatureGroup,
  graceMs: number,
  scopeOf: ScopeOf,
): WindowedAggregateDef<RiskEvent> {
  const { where, by } = features[0]!
  // One function a text: features over the same value share what is kept of it.
  const values = new Map<string, NonNullable<WindowedFeature<RiskEvent>['value']>>()
  for (const { value } of features) {
    if (value !== undefined && !values.has(value.text))
      values.set(value.text, (event) => scalar(value.evaluate(scopeOf(event))))
  }
  return {
    name,
    graceMs,
    contributes: (event) =>
      event.value.type === type && (where === undefined || where.evaluate(scopeOf(event)) === true),
    ...(by === undefined ? {} : { by: (event: KeyedEvent<RiskEvent>) => typedKey(by.evaluate(scopeOf(event))) }),
    features: features.map(({ name, agg, value, window, include }) => ({
      name,
      agg,
      ...(value === undefined ? {} : { value: values.get(value.text)! }),
      fromMs: window.fromMs,
      toMs: window.toMs,
      include,
    })),
  }
}

/** A value that can be kept; `undefined` for what is absent. */
export function scalar(value: unknown): string | number | boolean | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
