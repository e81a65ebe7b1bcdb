import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedOracle } from './bounded-oracle.ts'
import { type RunOptions, runShape } from './harness.ts'
import { Oracle } from './oracle.ts'
import { pinned } from './pinned.ts'
import { type Family, type Shape, shapes, type TraceEvent, traces } from './shapes.ts'

const runs = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 8_000)
const seed = process.env['WEIR_PROPERTY_SEED']
const families: readonly Family[] = ['plain', 'nots', 'trailing', 'any-order']
const parameters = {
  numRuns: Math.ceil(runs / (families.length + 1)),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
}

const batches = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 })
const options: fc.Arbitrary<RunOptions> = fc.record({
  batches,
  crashes: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
})

/** Runs both and compares record by record. True when something fired. */
function agrees(shape: Shape, trace: readonly TraceEvent[], run: RunOptions): boolean {
  const oracle = new Oracle(shape)
  const expected = trace.map((event, offset) => oracle.apply(event, offset))
  const outcomes = runShape(shape, trace, run)
  expect(outcomes.map(({ match, overdue }) => ({ match, overdue }))).toEqual(expected)
  expect(outcomes.some(({ truncated }) => truncated)).toBe(false)
  return expected.some(({ match, overdue }) => match !== undefined || overdue.length > 0)
}

test.each(families)('%s sequences fire as the definition says', (family) => {
  let fired = 0
  let tried = 0
  const property = fc.property(shapes(family), traces(26), options, (shape, trace, run) => {
    tried++
    if (agrees(shape, trace, run)) fired++
  })
  fc.assert(property, parameters)
  if (tried >= 1_000) expect(fired / tried, 'share of traces in which something fires').toBeGreaterThan(0.3)
})

test('a bounded look-back takes the newest candidates and says when it stopped short', () => {
  let truncated = 0
  let tried = 0
  const property = fc.property(shapes('bounded'), traces(30), batches, (shape, trace, sizes) => {
    tried++
    const oracle = new BoundedOracle(shape)
    const expected = trace.map((event, offset) => oracle.apply(event, offset))
    const outcomes = runShape(shape, trace, { batches: sizes, crashes: [false] })
    expect(outcomes.map((outcome) => ({ match: outcome.match, truncated: outcome.truncated }))).toEqual(expected)
    if (expected.some((one) => one.truncated)) truncated++
  })
  fc.assert(property, parameters)
  if (tried >= 1_000) expect(truncated / tried, 'share of traces in which a bound is met').toBeGreaterThan(0.07)
})

test.each(pinned)('$name', ({ shape, trace, run }) => {
  agrees(shape, trace, run)
})
