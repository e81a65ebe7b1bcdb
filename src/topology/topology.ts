import type { LogRecord, OutgoingRecord } from '../record/record.ts'
import type { StoreDef } from '../state/stores.ts'
import type { OperatorDef, StreamRecord } from './operator.ts'

/** What a source makes of a log record. */
export interface Ingest {
  /** Event time that moves the partition's stream time; `undefined` leaves it where it is. */
  readonly streamTimeMs: number | undefined
  /** What enters the topology; `undefined` when the record is dropped. */
  readonly record: StreamRecord | undefined
  /** What the record changes decides what later ones will read: those are prefetched after it. For rare records. */
  readonly isBarrier?: boolean
}

/** Reads one topic. `ingest` is a pure function of the record: no state, no clock. */
export interface SourceDef {
  readonly name: string
  readonly topic: string
  /**
   * The application's own: between two of its sub-topologies. The application makes the topic with so many partitions, and
   * deletes from it what has been processed.
   */
  readonly internal?: { readonly partitions: number }
  /** True when the task may run another definition behind this record: a batch ends with it. Asked for each record. */
  endsBatch?(record: LogRecord): boolean
  ingest(record: LogRecord): Ingest
}

/** Writes to one topic, within the task's transaction. */
export interface SinkDef<V = never> {
  readonly name: string
  readonly topic: string
  /** Must be true, and only then, when a source of the same topology reads `topic`. */
  readonly loopback?: boolean
  toRecord(record: StreamRecord<V>): Omit<OutgoingRecord, 'topic'>
}

interface NodeBase {
  readonly name: string
  readonly parents: readonly string[]
  readonly children: readonly string[]
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly source: SourceDef
}

export interface ProcessorNode extends NodeBase {
  readonly kind: 'processor'
  readonly operator: OperatorDef<never, never>
}

export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly sink: SinkDef
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/** Nodes that records or stores connect: what one task runs. Parents come before children. */
export interface SubTopology {
  readonly id: number
  readonly nodes: readonly TopologyNode[]
  readonly sources: readonly SourceDef[]
  readonly stores: readonly StoreDef<never>[]
}

/** A validated graph, made by `TopologyBuilder.build`. */
export interface Topology {
  readonly subTopologies: readonly SubTopology[]
}
