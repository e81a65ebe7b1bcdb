import { TopologyError } from '../../errors.ts'
import type { HistoryStoreDef } from '../../state/stores.ts'
import type { KeyedEvent } from '../sequence/definition.ts'
import { compositeKey } from '../sequence/typed-key.ts'
import { type AggregateValue, aggregates, type WindowedAggregateDef, type WindowedFeature } from './definition.ts'
import { type ColumnValues, valuesSerde } from './values-serde.ts'

export interface FeaturePlan<E> {
  readonly feature: WindowedFeature<E>
  /** Its number among the features. */
  readonly index: number
  /** The column of its values; -1 for a `count` of all entries. */
  readonly column: number
  /** Whether a feature over the same values needs their squares. */
  readonly withSquares: boolean
  readonly fromMs: number
  readonly toMs: number
}

export interface AggregatePlan<E> {
  readonly def: WindowedAggregateDef<E>
  /** Those that are asked before the event that asks is added, and behind it. */
  readonly prior: readonly FeaturePlan<E>[]
  readonly current: readonly FeaturePlan<E>[]
  /** What is kept of an event: features with the same `value` share a column. */
  readonly columns: readonly NonNullable<WindowedFeature<E>['value']>[]
  /** Whether a feature counts entries whatever their values. */
  readonly countsAll: boolean
  readonly store: HistoryStoreDef<ColumnValues>
  /** How far back from stream time an event can still be asked for. */
  readonly reachMs: number
  readonly chunkEntries: number
}

/** @throws TopologyError when a feature contradicts itself */
export function planAggregates<E>(
  def: WindowedAggregateDef<E>,
  { chunkEntries = 128 }: { readonly chunkEntries?: number } = {},
): AggregatePlan<E> {
  const columns: NonNullable<WindowedFeature<E>['value']>[] = []
  const features = def.features.map((feature, index): FeaturePlan<E> => {
    const { value, fromMs, toMs = 0 } = feature
    validate(def.name, feature)
    if (value !== undefined && !columns.includes(value)) columns.push(value)
    return {
      feature,
      index,
      fromMs,
      toMs,
      column: value === undefined ? -1 : columns.indexOf(value),
      withSquares: def.features.some((other) => other.value === value && other.agg === 'stddev'),
    }
  })
  const reachMs = Math.max(0, ...features.map(({ fromMs }) => fromMs)) + def.graceMs
  const store: HistoryStoreDef<ColumnValues> = def.store ?? {
    kind: 'window',
    reads: 'histories',
    ...(def.layout === undefined ? {} : { layout: def.layout }),
    name: `${def.name}-events`,
    serde: valuesSerde,
    retentionMs: reachMs,
  }
  const isPrior = ({ feature: { include } }: FeaturePlan<E>): boolean => include === 'prior'
  return {
    def,
    prior: features.filter(isPrior),
    current: features.filter((plan) => !isPrior(plan)),
    columns,
    countsAll: features.some(({ column }) => column < 0),
    store,
    reachMs,
    chunkEntries,
  }
}

function validate<E>(name: string, { name: feature, agg, value, fromMs, toMs = 0 }: WindowedFeature<E>): void {
  const fail = (what: string): never => {
    throw new TopologyError('topology-invalid', `feature ${feature} of ${name}: ${what}`)
  }
  if (!aggregates.includes(agg)) fail(`${agg} is no aggregate; use one of ${aggregates.join(', ')}`)
  if (agg !== 'count' && value === undefined) fail(`${agg} needs a value`)
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(toMs) || toMs < 0 || fromMs < toMs) {
    fail('its window must be whole milliseconds with fromMs >= toMs >= 0')
  }
}

/** The store's key of the features that an event reads; `undefined` without its `by`. */
export function featureKey<E>({ def }: AggregatePlan<E>, event: KeyedEvent<E>): string | undefined {
  const by = def.by === undefined ? '' : def.by(event)
  return by === undefined ? undefined : compositeKey([def.name, event.key, by])
}

/** What an event adds; `undefined` when it does not contribute, or nothing that some feature counts. */
export function contributionOf<E>(
  { def, columns, countsAll }: AggregatePlan<E>,
  event: KeyedEvent<E>,
): ColumnValues | undefined {
  if (!def.contributes(event)) return undefined
  const values = columns.map((value) => asKept(value(event)))
  return countsAll || values.some((value) => value !== undefined) ? values : undefined
}

/** The value as it would come back from the store, so that a restart changes nothing: text is UTF-8, and -0 is 0. */
function asKept(value: AggregateValue | undefined): AggregateValue | undefined {
  if (typeof value === 'string') return value.toWellFormed()
  return value === 0 ? 0 : value
}
