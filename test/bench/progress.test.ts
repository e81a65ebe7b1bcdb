import { describe, expect, it } from 'vitest'
import { type Sample, secondHalfRate } from '../../bench/broker/progress.ts'

const samples = (...committed: [atMs: number, committed: number][]): Sample[] =>
  committed.map(([atMs, offset]) => ({ atMs, committed: offset, visible: offset }))

describe('the rate over the second half of the records', () => {
  it('begins at the first commit behind the middle', () => {
    expect(secondHalfRate(samples([0, 10], [1_000, 40], [2_000, 60], [4_000, 100]), 100)).toBe(20)
  })

  it('does not count what was written behind the records and read by the last commit', () => {
    expect(secondHalfRate(samples([0, 10], [2_000, 60], [4_000, 180]), 100)).toBe(20)
  })

  it('is unknown where one commit has it all', () => {
    expect(secondHalfRate(samples([0, 10], [2_000, 100]), 100)).toBeNaN()
    expect(secondHalfRate([], 100)).toBeNaN()
  })
})
