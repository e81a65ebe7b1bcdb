import { AbsentField } from './fields.ts'
import { fsum } from './fsum.ts'
import type { FeatureTwin, OracleEvent } from './twins.ts'

/** What the function gives; `undefined` when it reads an absent field. */
function read<T>(value: () => T): T | undefined {
  try {
    return value()
  } catch (error) {
    if (error instanceof AbsentField) return undefined
    throw error
  }
}

/** A feature at an event, by looking at everything before it; `history` is the key's applied events, this one last. */
export function featureOf(
  feature: FeatureTwin,
  event: OracleEvent,
  history: readonly OracleEvent[],
): number | undefined {
  const byOf = (one: OracleEvent): string | undefined => (feature.by === undefined ? '' : read(() => feature.by!(one)))
  const by = byOf(event)
  if (by === undefined) return undefined
  const window = history.filter(
    (one) =>
      one.type === feature.event &&
      one.timeMs >= event.timeMs - feature.windowMs &&
      one.timeMs <= event.timeMs &&
      byOf(one) === by,
  )
  if (feature.agg === 'count') return window.length
  const values = window.map((one) => read(() => feature.value!(one))).filter((value) => value !== undefined)
  return feature.agg === 'sum' ? fsum(values as number[]) : new Set(values).size
}
