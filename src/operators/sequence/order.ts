import type { SequenceEvent } from './definition.ts'

type Position = Pick<SequenceEvent<unknown>, 'timeMs' | 'offset'>

/** Negative when `a` comes before `b` in (time, offset). */
export const comparePositions = (a: Position, b: Position): number => a.timeMs - b.timeMs || a.offset - b.offset

/** Positive when `a` is the more recent match: later at the last step that differs. */
export function compareRecency(a: readonly Position[], b: readonly Position[]): number {
  for (let step = a.length - 1; step >= 0; step--) {
    const order = comparePositions(a[step]!, b[step]!)
    if (order !== 0) return order
  }
  return 0
}
