import type { Headers } from '../record/record.ts'
import type { Prefetch, StoreDef, StoreOf } from '../state/stores.ts'

/** A record on its way through a task. `offset`, `topic` and `partition` are those of the source record it stems from. */
export interface StreamRecord<V = unknown> {
  readonly key: string
  readonly value: V
  /** Event time. */
  readonly timestampMs: number
  readonly headers: Headers
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What an operator may use while it runs: nothing else, so that a result depends on the log alone. */
export interface ProcessorContext<Out> {
  readonly taskId: string
  readonly partition: number
  /** The highest event time of the partition up to and including the current record; -1 before the first. */
  streamTimeMs(): number
  /**
   * Moves the partition's stream time, never back: for a source that leaves it where it is, because state decides how far it
   * goes. What stores keep and forget follows.
   * @param latestMs no entry that was put into a store so far is later than this. Default `toMs`
   */
  advanceStreamTime(toMs: number, latestMs?: number): void
  store<D extends StoreDef<never>>(def: D): StoreOf<D>
  /** Hands a record to all children, in the order in which they were connected, and returns when they are done. */
  forward(record: StreamRecord<Out>): void
  /** Hands a record to one child. */
  forwardTo(child: string, record: StreamRecord<Out>): void
  /** Adds to a counter that shows in metrics; never part of a result. */
  count(name: string, by?: number): void
}

/** A step of stream time at one record of the partition. */
export interface StreamTimeMove {
  /** Stream time before the record; -1 before the first. */
  readonly fromMs: number
  /** Stream time with the record; the same when it did not move. */
  readonly toMs: number
  /** Of the record. */
  readonly offset: number
}

/** The stream time that a batch spans. */
export interface PunctuateRange {
  readonly fromMs: number
  readonly toMs: number
  readonly round: 1 | 2
}

/** What an operator is in one task. */
export interface Processor<In> {
  process(record: StreamRecord<In>): void
  /** The same as the operator's `prefetch`, for processors that know what they have in memory. */
  prefetch?(record: StreamRecord<unknown>, ask: Prefetch): void
  /** Called after every record of the partition, also those that were dropped: each may move stream time. */
  punctuate?(move: StreamTimeMove): void
  /**
   * Asks for the state that `punctuate` will read while stream time goes from `fromMs` to at most `toMs`. Called twice a
   * batch: in the second round what the first asked for can be read.
   */
  prefetchPunctuate?(range: PunctuateRange, ask: Prefetch): void
  /** A stream time beyond which nothing here waits for more; may be later than need be. */
  waitsUntilMs?(): number
}

/** A processor's plan: a name, its stores, and a factory that is called once a task. */
export interface OperatorDef<In, Out> {
  readonly name: string
  readonly stores: readonly StoreDef<never>[]
  /**
   * Called with each record of a polled batch *as the source deserialised it*, before any is processed: asks for the
   * state that processing will read. It must not change anything.
   */
  prefetch?(record: StreamRecord<unknown>, ask: Prefetch): void
  /** A function is a processor that leaves stream time alone. */
  create(ctx: ProcessorContext<Out>): Processor<In> | ((record: StreamRecord<In>) => void)
}

/** Declares an operator; only gives the types their names. */
export const defineOperator = <In, Out>(operator: OperatorDef<In, Out>): OperatorDef<In, Out> => operator
