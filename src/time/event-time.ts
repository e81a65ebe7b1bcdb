/** The largest distance from 1970 that a time may have, in ms: what JavaScript's `Date` can hold (year 275760). */
export const maxTimeMs = 8.64e15

const dayMs = 86_400_000
const zero = 0x30

/** The number that `count` digits from `at` on write, or NaN. The caller knows that the text is long enough. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - zero
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const daysOfMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

/** Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, `days_from_civil`). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

/** `Z` or `±HH:MM` from `at` to the text's end, in ms; NaN for anything else. */
function offsetMs(text: string, at: number): number {
  const sign = text[at]
  if (sign === 'Z') return text.length === at + 1 ? 0 : Number.NaN
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') return Number.NaN
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN
  const ms = (hours * 60 + minutes) * 60_000
  return sign === '-' ? -ms : ms
}

function parseIso(text: string): number | undefined {
  if (text.length < 20 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T') return undefined
  if (text[13] !== ':' || text[16] !== ':') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hours = digits(text, 11, 2)
  const minutes = digits(text, 14, 2)
  const seconds = digits(text, 17, 2)
  // NaN fails every comparison, so each check is written as what must hold.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month))) return undefined
  if (!(hours <= 23 && minutes <= 59 && seconds <= 59)) return undefined
  let at = 19
  let millis = 0
  if (text[at] === '.') {
    let weight = 100
    let digit = text.charCodeAt(++at) - zero
    if (!(digit >= 0 && digit <= 9)) return undefined
    for (; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - zero) {
      if (weight >= 1) millis += digit * weight
      weight /= 10
    }
  }
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis
  const ms = daysSinceEpoch(year, month, day) * dayMs + ofDay - offsetMs(text, at)
  return Number.isNaN(ms) ? undefined : ms
}

const inRange = (ms: number): number | undefined =>
  Number.isInteger(ms) && Math.abs(ms) <= maxTimeMs ? ms + 0 : undefined

/**
 * Reads an event's time: `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)` of a date that exists, or whole epoch ms as a number.
 * Gives epoch ms (UTC), with digits beyond milliseconds cut; `undefined` for anything else, a string of digits included.
 *
 * Capital `T` and `Z`, four digits of the year (0000–9999), hours 00–23, no leap seconds (`:60`), offsets up to ±23:59
 * (`-00:00` is UTC); numbers within ±8.64e15. (docs/rules.md, records)
 */
export function parseEventTime(value: unknown): number | undefined {
  if (typeof value === 'string') return parseIso(value)
  return typeof value === 'number' ? inRange(value) : undefined
}

/** Reads the `time` header: as `parseEventTime`, but headers are text, so digits (with `-` before 1970) are epoch ms. */
export function parseTimeHeader(text: string): number | undefined {
  const from = text.charCodeAt(0) === 0x2d ? 1 : 0
  const count = text.length - from
  if (count < 1) return undefined
  // Seventeen digits and more are out of range; the fourth character of a date and time is a digit too.
  const ms = count <= 16 ? digits(text, from, count) : Number.NaN
  if (!Number.isNaN(ms)) return inRange(from === 1 ? -ms : ms)
  return parseIso(text)
}

/** Writes epoch ms as ISO 8601 in UTC, always with three digits of milliseconds. */
export const formatEventTime = (ms: number): string => new Date(ms).toISOString()
