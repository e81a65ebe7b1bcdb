import { createHash } from 'node:crypto'
import type { WindowedAggregateDef, WindowedFeature } from '../../operators/features/definition.ts'
import type { KeyedEvent } from '../../operators/sequence/definition.ts'
import { compositeKey, typedKey } from '../../operators/sequence/typed-key.ts'
import type { FeatureDef } from '../rule-set.ts'
import type { RiskEvent } from './incoming.ts'

type ScopeOf = (event: KeyedEvent<RiskEvent>) => Readonly<Record<string, unknown>>

/** Features over events of one type, kept by the same key: they share what is kept of an event. */
export interface FeatureGroup {
  /** The type whose events count. */
  readonly event: string
  readonly features: readonly FeatureDef[]
}

/** How much longer an event may be kept because features with other conditions keep theirs: a row fewer is worth it. */
const mostTimes = 2
/** Groups of one condition lie in stores as they always did; groups of several are the second layout. */
const joinedLayout = 2

const windowOf = (features: readonly FeatureDef[]): number => Math.max(...features.map(({ window }) => window.fromMs))
const isOfAll = ({ where }: FeatureDef): boolean => where === undefined

/**
 * Groups features so that an event is kept as few times as can be: by type and `by`, and whatever their conditions, unless an event would be
 * kept longer by that than twice what it is kept for.
 */
export function groupFeatures(features: Iterable<FeatureDef>, graceMs: number): FeatureGroup[] {
  const keptMs = (some: readonly FeatureDef[]): number => windowOf(some) + graceMs
  const families = Map.groupBy(features, ({ event, by }) => compositeKey([event, by?.text ?? '']))
  return [...families.values()].flatMap((family) => {
    const alike = [...Map.groupBy(family, ({ where }) => where?.text ?? '').values()]
    const joined: FeatureDef[][] = []
    for (const some of alike.sort((a, b) => windowOf(b) - windowOf(a))) {
      const host = joined.find((others) => others.some(isOfAll) || keptMs(others) <= mostTimes * keptMs(some))
      if (host === undefined) joined.push([...some])
      else host.push(...some)
    }
    return joined.map((features) => ({ event: family[0]!.event, features }))
  })
}

/** Names the group by what it keeps, whatever else the rule set says: another set of values is another store. */
function nameOf({ event, features }: FeatureGroup, common: string | undefined): string {
  const by = features[0]!.by?.text ?? ''
  const kept = features.map(({ agg, where, value, window }) =>
    compositeKey([
      ...(common === undefined ? [where?.text ?? ''] : []),
      agg,
      value?.text ?? '',
      String(window.fromMs),
      String(window.toMs),
    ]),
  )
  const key = compositeKey(common === undefined ? [event, by] : [event, common, by])
  const digest = createHash('sha256')
    .update(compositeKey([key, ...kept.toSorted()]))
    .digest('base64url')
  return `features-${digest.slice(0, 8).replaceAll('_', '.')}`
}

/** Wires a group to the operator for windowed aggregates. */
export function featureGroupDef(
  group: FeatureGroup,
  graceMs: number,
  scopeOf: ScopeOf,
): WindowedAggregateDef<RiskEvent> {
  const { event: type, features } = group
  const { where, by } = features[0]!
  const isAlike = features.every((feature) => feature.where?.text === where?.text)
  const name = nameOf(group, isAlike ? (where?.text ?? '') : undefined)
  const columns = new Columns(isAlike, scopeOf)
  return {
    name,
    graceMs,
    contributes: (event) =>
      event.value.type === type && (!isAlike || where === undefined || where.evaluate(scopeOf(event)) === true),
    ...(by === undefined ? {} : { by: (event: KeyedEvent<RiskEvent>) => typedKey(by.evaluate(scopeOf(event))) }),
    ...(isAlike ? {} : { layout: joinedLayout }),
    features: features.map((feature) => {
      const value = columns.of(feature)
      return {
        name: feature.name,
        agg: feature.agg,
        ...(value === undefined ? {} : { value }),
        fromMs: feature.window.fromMs,
        toMs: feature.window.toMs,
        include: feature.include,
      }
    }),
  }
}

type ValueOf = NonNullable<WindowedFeature<RiskEvent>['value']>

/** What is kept of an event for each feature: one function for the same, so that features share it. */
class Columns {
  readonly #isAlike: boolean
  readonly #scopeOf: ScopeOf
  readonly #known = new Map<string, ValueOf>()

  /** @param isAlike whether all features have the same condition, which the group tests then */
  constructor(isAlike: boolean, scopeOf: ScopeOf) {
    this.#isAlike = isAlike
    this.#scopeOf = scopeOf
  }

  /** `undefined` for a count of all. */
  of({ where, value }: FeatureDef): ValueOf | undefined {
    const own = this.#isAlike ? undefined : where
    if (own === undefined && value === undefined) return undefined
    const text = compositeKey([own?.text ?? '', value?.text ?? ''])
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const made: ValueOf = (event) => {
      const scope = this.#scopeOf(event)
      if (own !== undefined && own.evaluate(scope) !== true) return undefined
      return value === undefined ? true : scalar(value.evaluate(scope))
    }
    this.#known.set(text, made)
    return made
  }
}

/** A value that can be kept; `undefined` for what is absent. */
export function scalar(value: unknown): string | number | boolean | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
