import type { HeldHistory, Prefetch } from '../../state/stores.ts'
import { Awaited } from '../awaited.ts'
import type { KeyedEvent } from '../sequence/definition.ts'
import type { StoreAccess } from '../sequence/evaluator.ts'
import type { AggregateValue, FeatureValues, WindowedAggregateDef } from './definition.ts'
import { FeatureWindow } from './feature-window.ts'
import { type AggregatePlan, contributionOf, featureKey, planAggregates } from './plan.ts'
import type { ColumnValues } from './values-serde.ts'

/** Features ready for use: by the `windowedAggregate` operator, or by an operator that evaluates many at once. */
export interface FeatureEvaluator<E> {
  readonly store: AggregatePlan<E>['store']
  /** The features' work in one task. */
  open(access: StoreAccess): FeatureTask<E>
}

export interface FeatureTask<E> {
  /**
   * Asks for the window of the event's key.
   * @param streamTimeMs where it can be before the event's time, as among several partitions: a stream time up to now
   */
  prefetch(event: KeyedEvent<E>, ask: Prefetch, streamTimeMs?: number): void
  /**
   * The features that an event reads, by name, and adds the event if it contributes. The event must not be late.
   * @param streamTimeMs the partition's stream time, this event included; what is not late by it may still come
   * @param into where the features are written. Default: an object of their own
   * @throws StateStoreError `store-not-prefetched`
   */
  process(event: KeyedEvent<E>, streamTimeMs: number, into?: Record<string, AggregateValue>): FeatureValues
}

/**
 * Makes features ready for use.
 * @param tuning `chunkEntries`: entries that are kept and worked out together; results do not depend on it. Default 128
 * @throws TopologyError when a feature contradicts itself
 */
export function evaluateFeatures<E>(
  def: WindowedAggregateDef<E>,
  tuning: { readonly chunkEntries?: number } = {},
): FeatureEvaluator<E> {
  const plan = planAggregates(def, tuning)
  return { store: plan.store, open: (access) => new StoredFeatures(plan, access) }
}

type HeldWindow<E> = HeldHistory<ColumnValues, FeatureWindow<E>>

/** The window of an event's key. */
interface Asked<E> {
  readonly offset: number
  readonly held: HeldWindow<E>
}

class StoredFeatures<E> implements FeatureTask<E> {
  readonly #plan: AggregatePlan<E>
  readonly #at: (key: string) => HeldWindow<E>
  readonly #asked = new Awaited<Asked<E>>()
  readonly #make: () => FeatureWindow<E>

  constructor(plan: AggregatePlan<E>, access: StoreAccess) {
    this.#plan = plan
    const store = access.store(plan.store)
    this.#at = (key) => store.at(key) as HeldWindow<E>
    this.#make = () => new FeatureWindow(plan)
  }

  prefetch(event: KeyedEvent<E>, ask: Prefetch, streamTimeMs = event.timeMs): void {
    const { store, reachMs } = this.#plan
    const key = featureKey(this.#plan, event)
    if (key === undefined) return
    // A window stays in memory for later events, which may be as old as is not late.
    const sinceMs = Math.min(event.timeMs, streamTimeMs) - reachMs
    this.#asked.add({ offset: event.offset, held: ask.history({ store, key, sinceMs, make: this.#make }) })
  }

  process(event: KeyedEvent<E>, streamTimeMs: number, into: Record<string, AggregateValue> = {}): FeatureValues {
    const { timeMs, offset } = event
    const held = this.#heldFor(event)
    if (held === undefined) return into
    const { prior, current, reachMs } = this.#plan
    const { history: window } = held
    const value = contributionOf(this.#plan, event)
    // State that is ahead of its input, after a crash: entries that were not there yet must not count.
    const asked = window.lastOffset < offset ? window : window.before(offset)
    asked.read(timeMs, prior, into)
    if (value !== undefined) {
      held.put({ timeMs, offset, value })
      if (asked !== window) asked.add(timeMs, offset, value)
    }
    asked.read(timeMs, current, into)
    window.prune(streamTimeMs - reachMs)
    return into
  }

  #heldFor(event: KeyedEvent<E>): HeldWindow<E> | undefined {
    const asked = this.#asked.take(event.offset)
    if (asked !== undefined) return asked.held
    const key = featureKey(this.#plan, event)
    return key === undefined ? undefined : this.#at(key)
  }
}
