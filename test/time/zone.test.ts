import { describe, expect, test } from 'vitest'
import { hourOfDay, isZone, timeZoneDataVersion } from '../../src/time/zone.ts'

describe('hourOfDay', () => {
  test.each([
    ['2026-03-01T00:30:00Z', 'UTC', 0],
    ['2026-03-01T23:59:59.999Z', 'UTC', 23],
    ['2026-07-01T22:30:00Z', 'Europe/London', 23],
    ['2026-07-01T23:30:00Z', 'Europe/London', 0],
    ['2026-03-29T00:59:59.999Z', 'Europe/London', 0],
    ['2026-03-29T01:00:00Z', 'Europe/London', 2],
    ['2026-10-25T00:30:00Z', 'Europe/London', 1],
    ['2026-10-25T01:30:00Z', 'Europe/London', 1],
    ['2026-03-01T00:20:00Z', 'Asia/Kathmandu', 6],
    ['2026-03-01T03:00:00Z', 'America/New_York', 22],
    ['2005-10-30T02:30:30Z', 'America/St_Johns', 0],
    ['1960-01-01T00:44:00Z', 'Africa/Monrovia', 23],
    ['2300-07-01T12:00:00Z', 'UTC', 12],
  ])('at %s in %s it is %d', (time, zone, hour) => {
    expect(hourOfDay(Date.parse(time), zone)).toBe(hour)
  })

  test('knows the hour of more days than it remembers', () => {
    for (let day = 0; day < 200; day++) expect(hourOfDay(Date.UTC(2026, 0, 1 + day, 5), 'Africa/Lagos')).toBe(6)
  })

  test('throws for a zone that does not exist', () => {
    expect(() => hourOfDay(0, 'Europe/Nowhere')).toThrow(RangeError)
  })
})

test('isZone tells names of zones from other text', () => {
  expect(['Europe/London', 'UTC', 'America/Argentina/Ushuaia'].map(isZone)).toEqual([true, true, true])
  expect(['', '+01:00', 'Europe/Nowhere', 'local', 'Europe/London '].map(isZone)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

test('timeZoneDataVersion names a release', () => {
  expect(timeZoneDataVersion()).toMatch(/^\d{4}[a-z]+$/)
})
