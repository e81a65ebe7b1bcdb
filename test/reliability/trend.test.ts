import { describe, expect, test } from 'vitest'
import { type Point, trendOf, trendText } from './trend.ts'

describe('a trend', () => {
  test('of points on a line is its slope, without error', () => {
    const points = Array.from({ length: 9 }, (_, n): Point => [n, 5 + 2 * n])
    expect(trendOf(points)).toEqual({ first: 7, last: 19, slope: 2, slopeError: 0 })
  })

  test('has the error that least squares gives', () => {
    // By hand: slope 6/10 and residues of 2.4 in all, hence √(2.4 / 3 / 10).
    const { slope, slopeError } = trendOf([
      [1, 2],
      [2, 4],
      [3, 5],
      [4, 4],
      [5, 5],
    ])
    expect(slope).toBeCloseTo(0.6)
    expect(slopeError).toBeCloseTo(Math.sqrt(2.4 / 3 / 10))
  })

  test('of one point or none is flat', () => {
    expect(trendOf([[1, 7]])).toEqual({ first: 7, last: 7, slope: 0, slopeError: 0 })
    expect(trendOf([])).toEqual({ first: 0, last: 0, slope: 0, slopeError: 0 })
  })

  test('says whether something grew', () => {
    expect(trendText({ first: 100, last: 99.96, slope: -0.14, slopeError: 0.5 })).toBe(
      'first third 100.0, last third 100.0 (−0.1 ± 0.5 an hour)',
    )
  })
})
