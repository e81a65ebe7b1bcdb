/** Hours of the day by IANA time zone, from the zone data that Node carries. */

const dayMs = 86_400_000
const hourMs = 3_600_000
/** Between these years every zone counts whole minutes and its clock changes at most once a day. */
const steadyFromMs = Date.UTC(1973, 0, 1)
const steadyToMs = Date.UTC(2200, 0, 1)
/** Days remembered per zone: live streams need two, replays walk on. */
const maxDays = 64

class Zone {
  readonly #format: Intl.DateTimeFormat
  /** UTC day → the zone's offset throughout it, or undefined on a day when it changes. */
  readonly #offsets = new Map<number, number | undefined>()

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  hourOfDay(ms: number): number {
    const offsetMs = ms >= steadyFromMs && ms < steadyToMs ? this.#offsetOfDay(Math.floor(ms / dayMs)) : undefined
    if (offsetMs === undefined) return this.#parts(ms).hour
    return Math.floor((ms + offsetMs) / hourMs) % 24
  }

  // Formatting costs microseconds, an addition nothing: two formats serve a whole day.
  #offsetOfDay(day: number): number | undefined {
    if (this.#offsets.has(day)) return this.#offsets.get(day)
    const first = this.#offsetAt(day * dayMs)
    const offset = first === this.#offsetAt((day + 1) * dayMs - 1_000) ? first : undefined
    if (this.#offsets.size >= maxDays) this.#offsets.clear()
    this.#offsets.set(day, offset)
    return offset
  }

  #offsetAt(ms: number): number {
    const { year, month, day, hour, minute, second } = this.#parts(ms)
    return Date.UTC(year, month - 1, day, hour, minute, second) - ms
  }

  #parts(ms: number) {
    const of = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of this.#format.formatToParts(ms)) {
      if (type in of) of[type as keyof typeof of] = Number(value)
    }
    return of
  }
}

const zones = new Map<string, Zone>()
/** More than there are zones: names in other letters (`europe/LONDON`) count as well, and they come from data. */
const maxZones = 1_000
const longestName = 64

function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = new Zone(name)
  if (zones.size >= maxZones) zones.clear()
  zones.set(name, zone)
  return zone
}

/** True for a name of the IANA time-zone database (`Europe/London`), `UTC` included; bare offsets are not names. */
export function isZone(name: string): boolean {
  if (zones.has(name)) return true
  if (name.length > longestName || !/^[A-Za-z]/.test(name)) return false
  try {
    zoneOf(name)
    return true
  } catch {
    return false
  }
}

/**
 * The hour on the clocks of `zone` at epoch ms `ms`, 0–23.
 *
 * @throws RangeError for a name that `isZone` refuses
 */
export const hourOfDay = (ms: number, zone: string): number => zoneOf(zone).hourOfDay(ms)

/** The version of the time-zone data in use, such as `2026a`: written beside decisions, which may depend on it. */
export const timeZoneDataVersion = (): string => process.versions.tz ?? 'unknown'
