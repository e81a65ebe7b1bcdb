const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof unitsMs

const pattern = /^(\d+)(ms|s|m|h|d)$/

/**
 * Reads a duration: a whole number and one of `ms s m h d`, with nothing between or around them (`10m`). Gives ms;
 * `undefined` for anything else, and beyond 2^53 ms. A day has 24 hours.
 */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const ms = Number(match[1]) * unitsMs[match[2] as Unit]
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** Writes a duration in the largest unit that leaves a whole number (`90000` → `90s`); `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0ms'
  const unit = (['d', 'h', 'm', 's'] as const).find((candidate) => ms % unitsMs[candidate] === 0) ?? 'ms'
  return `${ms / unitsMs[unit]}${unit}`
}
