import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../time/duration.ts'
import { parseEventTime } from '../time/event-time.ts'

/** A parser for commander: a whole number from `min` to `max`, both inclusive. */
export const wholeNumber =
  (min = 0, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`
      throw new InvalidArgumentError(`It must be a whole number ${range}.`)
    }
    return value
  }

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

/** A day (`2026-03-01`, midnight UTC) or a time with an offset, as epoch ms. */
export function instant(text: string): number {
  const timeMs = parseEventTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (timeMs === undefined)
    throw new InvalidArgumentError('It must be a day (2026-03-01) or a time (2026-03-01T10:00:00Z).')
  return timeMs
}

/** `90s`, `24h`, or `none` for -1. */
export function retention(text: string): number {
  const ms = text === 'none' ? -1 : parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a duration (24h, 90d) or none.')
  return ms
}

export const commaSeparated = (text: string): string[] => text.split(',').map((item) => item.trim())
