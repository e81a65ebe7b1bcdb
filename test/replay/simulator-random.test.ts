import { describe, expect, it } from 'vitest'
import { Random } from '../../src/replay/simulator/random.ts'

const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: readonly number[]) => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

describe('the random source', () => {
  it('repeats itself for one seed and stream, and for nothing else', () => {
    const first = (seed: number, stream: string) => {
      const random = new Random(seed, stream)
      return draws(8, () => random.uint32())
    }
    expect(first(1, 'a')).toEqual(first(1, 'a'))
    expect(first(1, 'a')).not.toEqual(first(1, 'b'))
    expect(first(1, 'a')).not.toEqual(first(2, 'a'))
  })

  it('draws evenly between the bounds', () => {
    const random = new Random(3, 'uniform')
    const values = draws(20_000, () => random.uniform(10, 20))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...values)).toBeLessThan(20)
    expect(mean(values)).toBeCloseTo(15, 0)
    expect(deviation(values)).toBeCloseTo(10 / Math.sqrt(12), 1)
  })

  it('reaches every integer below the end', () => {
    const random = new Random(4, 'below')
    expect(new Set(draws(500, () => random.below(5)))).toEqual(new Set([0, 1, 2, 3, 4]))
  })

  it('draws normal numbers with the mean and the deviation asked for', () => {
    const random = new Random(5, 'normal')
    const values = draws(20_000, () => random.normal(40, 8))
    expect(Math.abs(mean(values) - 40)).toBeLessThan(0.2)
    expect(Math.abs(deviation(values) - 8)).toBeLessThan(0.2)
  })

  it('draws Poisson counts, whose mean and variance are the same', () => {
    const random = new Random(6, 'poisson')
    const values = draws(20_000, () => random.poisson(1.5))
    expect(Math.abs(mean(values) - 1.5)).toBeLessThan(0.05)
    expect(Math.abs(deviation(values) ** 2 - 1.5)).toBeLessThan(0.08)
    expect(random.poisson(0)).toBe(0)
  })

  it('rounds up as often as the fraction says, and whole numbers never', () => {
    const random = new Random(7, 'round')
    expect(Math.abs(mean(draws(20_000, () => random.round(2.25))) - 2.25)).toBeLessThan(0.02)
    expect(new Set(draws(100, () => random.round(3)))).toEqual(new Set([3]))
  })
})
