import type { Verdict } from './verdict.ts'

/** What one campaign found, a line of the report. */
export interface Row extends Verdict {
  readonly campaign: string
  readonly fault: string
  /** How it was brought about. */
  readonly how: string
  /** How often it was, as counted where it happened. */
  readonly fired: number
  /** From the fault until all partitions were processed again, ms; empty where nothing stood still. */
  readonly recoveryMs: readonly number[]
  /** More figures, by what they say. */
  readonly figures: Readonly<Record<string, number | string>>
}

export const isExact = ({ lost, duplicated, misplaced, wrong, difference }: Verdict): boolean =>
  lost + duplicated + misplaced + wrong === 0 && difference === undefined

/** @param share 0.5 for the median, 1 for the largest */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
