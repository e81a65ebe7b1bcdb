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
  store<D extends StoreDef<never>>(def: D): StoreOf<D>
  /** Hands a record to all children, in the order in which they were connected, and returns when they are done. */
  forward(record: StreamRecord<Out>): void
  /** Hands a record to one child. */
  forwardTo(child: string, record: StreamRecord<Out>): void
  /** Adds to a counter that shows in metrics; never part of a result. */
  count(name: string, by?: number): void
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
  create(ctx: ProcessorContext<Out>): (record: StreamRecord<In>) => void
}

/** Declares an operator; only gives the types their names. */
export const defineOperator = <In, Out>(operator: OperatorDef<In, Out>): OperatorDef<In, Out> => operator
