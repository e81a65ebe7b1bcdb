import type { RunOptions } from './harness.ts'
import type { PlaceShape, Shape, TraceEvent } from './shapes.ts'

interface Pinned {
  readonly name: string
  readonly shape: Shape
  readonly trace: readonly TraceEvent[]
  readonly run: RunOptions
}

const p: PlaceShape = { type: 'p', minY: 0, joint: [] }
const sameX: PlaceShape = { ...p, joint: [{ field: 'x', op: '==', step: 0, other: 'x' }] }
const plain = {
  by: false,
  withinMs: 10,
  graceMs: 0,
  anyOrder: false,
  maxCandidates: 1_000,
  indexed: true,
  shared: true,
}
const run = { batches: [1], crashes: [false] }
const at = (...timesMs: number[]): TraceEvent[] => timesMs.map((timeMs) => ({ key: 'k', type: 'p', timeMs }))

/** Traces that once came out differently. */
export const pinned: readonly Pinned[] = [
  {
    name: 'a step without the field that only its not must equal still matches',
    shape: { ...plain, steps: [p], nots: [{ ...sameX, after: 0, forMs: 0 }] },
    trace: at(100, 101),
    run,
  },
  {
    name: 'two absent fields are not equal, also when a shared slot brings them together',
    shape: { ...plain, steps: [p, sameX, p], nots: [{ ...p, after: 0, forMs: undefined }] },
    trace: at(100, 100, 100, 100),
    run,
  },
]
