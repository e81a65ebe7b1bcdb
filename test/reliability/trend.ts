export type Point = readonly [x: number, y: number]

/** Whether something grows. */
export interface Trend {
  /** Means of the first and the last third of the points. */
  readonly first: number
  readonly last: number
  /** Of the line that least squares gives, for each unit of x. */
  readonly slope: number
  /** Standard error of the slope, as if the points were independent; 0 for fewer than three. */
  readonly slopeError: number
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : sumOf(values) / values.length)

/** @param points in the order of x */
export function trendOf(points: readonly Point[]): Trend {
  const values = points.map(([, y]) => y)
  const third = Math.max(1, Math.floor(points.length / 3))
  const [meanX, meanY] = [meanOf(points.map(([x]) => x)), meanOf(values)]
  const spread = sumOf(points.map(([x]) => (x - meanX) ** 2))
  const slope = spread === 0 ? 0 : sumOf(points.map(([x, y]) => (x - meanX) * (y - meanY))) / spread
  const residues = sumOf(points.map(([x, y]) => (y - meanY - slope * (x - meanX)) ** 2))
  const freedom = points.length - 2
  return {
    first: meanOf(values.slice(0, third)),
    last: meanOf(values.slice(-third)),
    slope,
    slopeError: spread === 0 || freedom < 1 ? 0 : Math.sqrt(residues / freedom / spread),
  }
}

/** Of points by the hour. */
export function trendText({ first, last, slope, slopeError }: Trend): string {
  const signed = `${slope < 0 ? '−' : '+'}${Math.abs(slope).toFixed(1)}`
  return `first third ${first.toFixed(1)}, last third ${last.toFixed(1)} (${signed} ± ${slopeError.toFixed(1)} an hour)`
}
