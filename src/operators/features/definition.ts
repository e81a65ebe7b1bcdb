import type { HistoryStoreDef } from '../../state/stores.ts'
import type { StreamRecord } from '../../topology/operator.ts'
import type { KeyedEvent } from '../sequence/definition.ts'

export const aggregates = ['count', 'sum', 'avg', 'min', 'max', 'stddev', 'distinct', 'first', 'last'] as const
export type Aggregate = (typeof aggregates)[number]

/** A value that is aggregated: numbers for `sum`, `avg`, `min`, `max`, `stddev`, any of them for the others. */
export type AggregateValue = number | string | boolean

/** What an event gives to each column of what is kept; a column that it does not count in has `undefined`. */
export type ColumnValues = readonly (AggregateValue | undefined)[]

/** One value over a window of event time that ends at the event which asks. */
export interface WindowedFeature<E> {
  readonly name: string
  readonly agg: Aggregate
  /** What is aggregated; an event for which it is `undefined` does not count. Only a `count` may do without. Must be pure. */
  value?(event: KeyedEvent<E>): AggregateValue | undefined
  /** Events at `time - fromMs` are in. */
  readonly fromMs: number
  /** Events at `time - toMs` are in; 0 unless the window is offset. Default 0. */
  readonly toMs?: number
  /** Whether an event that contributes counts itself, when `toMs` is 0. Default `current`. */
  readonly include?: 'current' | 'prior'
}

/** Features over the same events: they share one store, in which an event is kept once. */
export interface WindowedAggregateDef<E> {
  /** Unique in its topology; the store is named after it. */
  readonly name: string
  /** A store to share with others, which are told apart by their names; it must keep windows and grace. Default: its own. */
  readonly store?: HistoryStoreDef<ColumnValues>
  /** Of its own store; see `HistoryStoreDef`. */
  readonly layout?: number
  /** Whether an event is one of those that count: its type and `where`. Must be pure. */
  contributes(event: KeyedEvent<E>): boolean
  /**
   * Features are kept by record key and this, evaluated on the event that contributes and on the one that reads;
   * `undefined` excludes an event. Default: the key alone.
   */
  by?(event: KeyedEvent<E>): string | undefined
  readonly features: readonly WindowedFeature<E>[]
  /** Events older than stream time by more than this are dropped. */
  readonly graceMs: number
  /** The event in a record as the source read it, for prefetching. Default: the record's value. */
  read?(record: StreamRecord<unknown>): E | undefined
}

/** Values by feature name; an absent one (an empty window, a result that is not finite) is missing. */
export type FeatureValues = Readonly<Record<string, AggregateValue>>
