import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/time/duration.ts'
import { parseEventTime, parseTimeHeader } from '../../../src/time/event-time.ts'
import { hourOfDay } from '../../../src/time/zone.ts'
import { runs } from './runs.ts'

const yearZeroMs = Date.UTC(0, 0, 1) - Date.UTC(1900, 0, 1) + Date.parse('0000-01-01T00:00:00Z')
const epochMs = fc.integer({ min: yearZeroMs, max: Date.parse('9999-12-31T23:59:59.999Z') })
const two = (n: number): string => String(n).padStart(2, '0')

test('parseEventTime reads what Date writes', () => {
  fc.assert(
    fc.property(epochMs, (ms) => {
      expect(parseEventTime(new Date(ms).toISOString())).toBe(ms)
    }),
    runs(200),
  )
})

test('parseEventTime and Date agree on every date, hour and offset, existing or not', () => {
  const field = (max: number) => fc.integer({ min: 0, max })
  const parts = fc.tuple(fc.integer({ min: 0, max: 9999 }), field(13), field(32), field(24), field(61), field(61))
  const zone = fc.oneof(
    fc.constant('Z'),
    fc.tuple(fc.constantFrom('+', '-'), field(24), field(60)).map(([sign, h, m]) => `${sign}${two(h)}:${two(m)}`),
  )
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 999 }), zone, ([year, month, day, h, m, s], ms, offset) => {
      const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
      const text = `${date}T${two(h)}:${two(m)}:${two(s)}.${String(ms).padStart(3, '0')}${offset}`
      // Date rolls 30 February over into March and takes 24:00 for midnight: both do not exist here.
      const midnight = new Date(`${date}T00:00:00Z`)
      const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date) && h < 24
      const expected = exists ? Date.parse(text) : Number.NaN
      expect(parseEventTime(text)).toBe(Number.isNaN(expected) ? undefined : expected)
    }),
    runs(2_000),
  )
})

test('fractions are cut to milliseconds, however long', () => {
  fc.assert(
    fc.property(epochMs, fc.stringMatching(/^[0-9]{1,20}$/), (ms, fraction) => {
      const second = Math.floor(ms / 1_000) * 1_000
      const text = new Date(second).toISOString().replace('.000Z', `.${fraction}Z`)
      expect(parseEventTime(text)).toBe(second + Number(fraction.padEnd(3, '0').slice(0, 3)))
    }),
    runs(200),
  )
})

test('no text at all makes parseEventTime throw, and none that Date refuses is read', () => {
  const nearly = fc
    .tuple(epochMs, fc.nat(25), fc.string({ maxLength: 2 }))
    .map(([ms, at, text]) => new Date(ms).toISOString().slice(0, at) + text + new Date(ms).toISOString().slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const ms = parseEventTime(text)
      if (ms !== undefined && text.length <= 24) expect(Date.parse(text)).toBe(ms)
    }),
    runs(2_000),
  )
})

test('a header of digits is the number that it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => {
      expect(parseTimeHeader(String(ms))).toBe(ms)
    }),
    runs(200),
  )
})

test('hourOfDay equals what Intl formats', () => {
  const zones = [
    'Europe/London',
    'America/St_Johns',
    'Asia/Gaza',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Tehran',
  ]
  const formats = new Map(
    zones.map((zone) => [
      zone,
      new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }),
    ]),
  )
  const ms = fc.integer({ min: Date.UTC(1960, 0, 1), max: Date.UTC(2210, 0, 1) })
  fc.assert(
    fc.property(fc.constantFrom(...zones), ms, (zone, time) => {
      expect(hourOfDay(time, zone)).toBe(Number(formats.get(zone)!.format(time)))
    }),
    runs(2_000),
  )
})

test('parseDuration reads what formatDuration writes', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
    runs(200),
  )
})
