import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/time/duration.ts'

test.each([
  ['0ms', 0],
  ['250ms', 250],
  ['2s', 2_000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['31d', 2_678_400_000],
  ['007s', 7_000],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '10',
  'm',
  '1.5h',
  '-1s',
  '+1s',
  '1 h',
  ' 1h',
  '1h ',
  '1H',
  '1h30m',
  '1w',
  '1e3s',
  '9007199254740992ms',
])('refuses "%s"', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [0, '0ms'],
  [1, '1ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [172_800_000, '2d'],
  [3_600_001, '3600001ms'],
])('writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
