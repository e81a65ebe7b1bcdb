import type { SequenceMatch } from '../../../src/operators/sequence/definition.ts'
import { evaluateSequence } from '../../../src/operators/sequence/evaluator.ts'
import { MemoryStores } from '../../support/memory-window-store.ts'
import type { Fired } from './oracle.ts'
import { definitionOf, type Payload, type Shape, type TraceEvent } from './shapes.ts'

export interface RunOptions {
  /** Records a batch, taken round. */
  readonly batches: readonly number[]
  /** Batches that are processed twice, as after a crash whose state was ahead of its input position. */
  readonly crashes: readonly boolean[]
}

export type Outcome = Fired & { readonly truncated: boolean }

/** Runs a trace through the operator's evaluator as a task would, batch by batch; only what was prefetched can be read. */
export function runShape(shape: Shape, trace: readonly TraceEvent[], { batches, crashes }: RunOptions): Outcome[] {
  const evaluator = evaluateSequence(definitionOf(shape))
  const stores = new MemoryStores()
  const task = evaluator.open(stores)
  const outcomes: Outcome[] = []
  let streamTimeMs = -1
  let start = 0
  for (let number = 0; start < trace.length; number++) {
    const batch = trace.slice(start, start + (batches[number % batches.length] ?? 1))
    const before = streamTimeMs
    let result: Outcome[] = []
    for (let attempt = crashes[number % crashes.length] ? 2 : 1; attempt > 0; attempt--) {
      streamTimeMs = before
      prefetch(batch, start)
      result = batch.map((event, index) => process(event, start + index))
      stores.endBatch(attempt > 1 ? before : streamTimeMs)
    }
    outcomes.push(...result)
    start += batch.length
  }
  return outcomes

  function prefetch(batch: readonly TraceEvent[], first: number) {
    const range = { fromMs: streamTimeMs, toMs: Math.max(streamTimeMs, ...batch.map((event) => event.timeMs)) }
    for (const [index, event] of batch.entries()) {
      if (event.type !== 'tick') evaluator.prefetch(keyed(event, first + index), stores.prefetch)
    }
    for (const round of [1, 2] as const) evaluator.prefetchPunctuate({ ...range, round }, stores, stores.prefetch)
  }

  function process(event: TraceEvent, offset: number): Outcome {
    const fromMs = streamTimeMs
    streamTimeMs = Math.max(streamTimeMs, event.timeMs)
    const applied = event.type !== 'tick' && event.timeMs >= streamTimeMs - shape.graceMs
    const own = applied ? task.process(keyed(event, offset), streamTimeMs) : { match: undefined, truncated: false }
    const overdue = task.advance({ fromMs, toMs: streamTimeMs, offset })
    return { match: own.match && offsets(own.match), overdue: overdue.map(offsets), truncated: own.truncated }
  }
}

const offsets = ({ steps }: SequenceMatch<Payload>): number[] => steps.map(({ event }) => event.offset)

const keyed = ({ key, timeMs, ...value }: TraceEvent, offset: number) => ({ key, timeMs, offset, value })
