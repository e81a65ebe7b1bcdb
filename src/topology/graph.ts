import { ProcessingError } from '../errors.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Prefetch, StoreDef, StoreOf } from '../state/stores.ts'
import type {
  OperatorDef,
  Processor,
  ProcessorContext,
  PunctuateRange,
  StreamRecord,
  StreamTimeMove,
} from './operator.ts'
import type { SubTopology, TopologyNode } from './topology.ts'

/** What a graph needs from the task that runs it. */
export interface GraphHost {
  readonly taskId: string
  readonly partition: number
  streamTimeMs(): number
  advanceStreamTime(toMs: number, latestMs?: number): void
  store<D extends StoreDef<never>>(def: D): StoreOf<D>
  /** Takes what a sink wrote. */
  write(record: OutgoingRecord): void
  count(name: string, by?: number): void
}

type Run = (record: StreamRecord<never>) => void

/** A sub-topology compiled to closures for one task. */
export interface Graph {
  /** Asks every operator what state the record will need. */
  prefetch(record: StreamRecord, ask: Prefetch): void
  /**
   * Runs the record from the source of `topic` through the graph, depth first.
   * @throws ProcessingError naming the node that failed
   */
  process(topic: string, record: StreamRecord): void
  /** False when no operator waits for stream time: then the two below do nothing. */
  readonly punctuates: boolean
  /** Asks for what `punctuate` will read in a batch; to be called again when that can be read. */
  prefetchPunctuate(range: PunctuateRange, ask: Prefetch): void
  /** Tells the operators that wait for stream time, parents first. @throws ProcessingError naming the node that failed */
  punctuate(topic: string, move: StreamTimeMove): void
  /** A stream time beyond which no operator waits for more. */
  waitsUntilMs(): number
}

/** Compiles a sub-topology: one closure a node, created once a task. */
export function compileGraph({ nodes }: SubTopology, host: GraphHost): Graph {
  const runs = new Map<string, Run>()
  const prefetches: ((record: StreamRecord, ask: Prefetch) => void)[] = []
  const entries = new Map<string, Run>()
  const punctual: { readonly node: TopologyNode; readonly processor: Processor<never> }[] = []
  // Children first: a node's closure binds its children's directly.
  for (const node of nodes.toReversed()) {
    const children = node.children.map((child) => runs.get(child)!)
    switch (node.kind) {
      case 'source':
        entries.set(node.source.topic, toAll(children))
        break
      case 'processor':
        {
          const created = node.operator.create(contextOf(node, host, runs))
          const processor = typeof created === 'function' ? { process: created } : created
          runs.set(
            node.name,
            guarded(node, host, (record) => processor.process(record)),
          )
          if (processor.punctuate !== undefined) punctual.unshift({ node, processor })
          if (processor.prefetch !== undefined) prefetches.unshift(processor.prefetch.bind(processor))
        }
        if (node.operator.prefetch !== undefined) prefetches.unshift(node.operator.prefetch.bind(node.operator))
        break
      case 'sink': {
        const { sink } = node
        runs.set(
          node.name,
          guarded(node, host, (record) => {
            const written = sink.toRecord(record)
            // A packed one says itself where it goes, and has no fields to take over.
            host.write(written.packed === undefined ? { topic: sink.topic, ...written } : (written as OutgoingRecord))
          }),
        )
      }
    }
  }
  return {
    prefetch(record, ask) {
      for (const prefetch of prefetches) prefetch(record, ask)
    },
    process(topic, record) {
      entries.get(topic)?.(record as StreamRecord<never>)
    },
    punctuates: punctual.length > 0,
    prefetchPunctuate(range, ask) {
      for (const { processor } of punctual) processor.prefetchPunctuate?.(range, ask)
    },
    waitsUntilMs: () =>
      Math.max(
        Number.NEGATIVE_INFINITY,
        ...punctual.map(({ processor }) => processor.waitsUntilMs?.() ?? Number.NEGATIVE_INFINITY),
      ),
    punctuate(topic, move) {
      for (const { node, processor } of punctual) {
        try {
          processor.punctuate!(move)
        } catch (error) {
          throw failureAt(node, host, { topic, partition: host.partition, offset: move.offset }, error)
        }
      }
    },
  }
}

function toAll(children: readonly Run[]): Run {
  const [only] = children
  if (children.length === 1 && only !== undefined) return only
  return (record) => {
    for (const child of children) child(record)
  }
}

function contextOf(node: TopologyNode, host: GraphHost, runs: ReadonlyMap<string, Run>): ProcessorContext<never> {
  const byName = new Map(node.children.map((child) => [child, runs.get(child)!]))
  const declared: readonly StoreDef<never>[] = (node as { operator?: OperatorDef<never, never> }).operator?.stores ?? []
  return {
    taskId: host.taskId,
    partition: host.partition,
    streamTimeMs: host.streamTimeMs,
    advanceStreamTime: host.advanceStreamTime,
    store(def) {
      if (!declared.includes(def))
        throw new RangeError(`the operator "${node.name}" uses the store "${def.name}" without declaring it`)
      return host.store(def)
    },
    forward: toAll([...byName.values()]),
    forwardTo(child, record) {
      const run = byName.get(child)
      if (run === undefined) throw new RangeError(`the operator "${node.name}" has no child "${child}"`)
      run(record)
    },
    count: host.count,
  }
}

/** Adds the coordinates to whatever a node throws; the innermost node names itself. */
function guarded(node: TopologyNode, host: GraphHost, run: Run): Run {
  return (record) => {
    try {
      run(record)
    } catch (error) {
      throw failureAt(node, host, record, error)
    }
  }
}

function failureAt(
  { name: node }: TopologyNode,
  { taskId }: GraphHost,
  { topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: number },
  error: unknown,
): ProcessingError {
  return error instanceof ProcessingError
    ? error
    : new ProcessingError({ node, taskId, topic, partition, offset }, error)
}
