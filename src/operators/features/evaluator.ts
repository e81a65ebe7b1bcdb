import type { Prefetch, WindowStore } from '../../state/stores.ts'
import type { KeyedEvent } from '../sequence/definition.ts'
import type { StoreAccess } from '../sequence/evaluator.ts'
import type { AggregateValue, FeatureValues, WindowedAggregateDef } from './definition.ts'
import { FeatureWindow } from './feature-window.ts'
import { type AggregatePlan, contributionOf, type FeaturePlan, featureKey, planAggregates } from './plan.ts'
import type { ColumnValues } from './values-serde.ts'
import { WindowCache } from './window-cache.ts'

/** Features ready for use: by the `windowedAggregate` operator, or by an operator that evaluates many at once. */
export interface FeatureEvaluator<E> {
  readonly store: AggregatePlan<E>['store']
  /** Asks for the whole window of the event's key: for callers that cannot ask the task, which knows what is in memory. */
  prefetch(event: KeyedEvent<E>, ask: Prefetch): void
  /**
   * The features' work in one task. Open another after state was discarded: windows in memory would be ahead of it.
   * @param windows where several groups of one task share the memory for their windows
   */
  open(access: StoreAccess, windows?: FeatureWindows<E>): FeatureTask<E>
}

/** Windows in memory, of one task. */
export type FeatureWindows<E> = WindowCache<FeatureWindow<E>>

/** @param maxEntries default 1,000,000 */
export const featureWindows = <E>(maxEntries = 1_000_000): FeatureWindows<E> => new WindowCache(maxEntries)

export interface FeatureTask<E> {
  /**
   * Asks for the window of the event's key, unless it is in memory already.
   * @param streamTimeMs where it can be before the event's time, as among several partitions: a stream time up to now
   */
  prefetch(event: KeyedEvent<E>, ask: Prefetch, streamTimeMs?: number): void
  /**
   * The features that an event reads, by name, and adds the event if it contributes. The event must not be late.
   * @param streamTimeMs the partition's stream time, this event included; what is not late by it may still come
   */
  process(event: KeyedEvent<E>, streamTimeMs: number): FeatureValues
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
  return {
    store: plan.store,
    prefetch(event, ask) {
      const key = featureKey(plan, event)
      if (key !== undefined) ask.fetch(plan.store, key, event.timeMs - plan.reachMs, Number.MAX_SAFE_INTEGER)
    },
    open: (access, windows = featureWindows(def.maxCachedEntries)) =>
      new StoredFeatures(plan, access.store(plan.store), windows),
  }
}

const isPrior = ({ isPrior: prior }: FeaturePlan<never>): boolean => prior
const isCurrent = (feature: FeaturePlan<never>): boolean => !isPrior(feature)
const none: FeatureValues = {}

class StoredFeatures<E> implements FeatureTask<E> {
  readonly #plan: AggregatePlan<E>
  readonly #store: WindowStore<ColumnValues>
  readonly #cache: FeatureWindows<E>

  constructor(plan: AggregatePlan<E>, store: WindowStore<ColumnValues>, windows: FeatureWindows<E>) {
    this.#plan = plan
    this.#store = store
    this.#cache = windows
  }

  prefetch(event: KeyedEvent<E>, ask: Prefetch, streamTimeMs = event.timeMs): void {
    const key = featureKey(this.#plan, event)
    if (key === undefined || this.#cache.hold(key)) return
    const fromMs = Math.min(event.timeMs, streamTimeMs) - this.#plan.reachMs
    ask.fetch(this.#plan.store, key, fromMs, Number.MAX_SAFE_INTEGER)
  }

  process(event: KeyedEvent<E>, streamTimeMs: number): FeatureValues {
    const { timeMs, offset } = event
    const key = featureKey(this.#plan, event)
    if (key === undefined) return none
    // A window stays in memory for later events, which may be as old as is not late.
    const sinceMs = Math.min(timeMs, streamTimeMs) - this.#plan.reachMs
    const window = this.#cache.get(key, () => this.#load(key, sinceMs))
    const added = contributionOf(this.#plan, event)
    const values: Record<string, AggregateValue> = {}
    // State that is ahead of its input, after a crash: entries that were not there yet must not count.
    const asked = window.log.lastOffset < offset ? window : this.#load(key, sinceMs, offset)
    asked.read(timeMs, isPrior, values)
    if (added !== undefined) {
      this.#store.put(key, { timeMs, offset, value: added })
      window.add(timeMs, offset, added)
      if (asked !== window) asked.add(timeMs, offset, added)
    }
    asked.read(timeMs, isCurrent, values)
    window.log.prune(streamTimeMs - this.#plan.reachMs)
    this.#cache.trim()
    return values
  }

  #load(key: string, sinceMs: number, beforeOffset = Number.POSITIVE_INFINITY): FeatureWindow<E> {
    const window = new FeatureWindow(this.#plan)
    for (const entry of this.#store.fetch(key, sinceMs, Number.MAX_SAFE_INTEGER)) {
      if (entry.offset < beforeOffset) window.add(entry.timeMs, entry.offset, entry.value)
    }
    return window
  }
}
