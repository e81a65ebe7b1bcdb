import fc from 'fast-check'
import {
  type Aggregate,
  type AggregateValue,
  aggregates,
  type WindowedAggregateDef,
} from '../../../src/operators/features/definition.ts'
import { typedKey } from '../../../src/operators/sequence/typed-key.ts'

/** `p` contributes, `q` only reads, `tick` only moves stream time. */
export interface TraceEvent {
  readonly key: string
  readonly timeMs: number
  readonly type: 'p' | 'q' | 'tick'
  readonly by?: string | undefined
  readonly number?: number | undefined
  readonly any?: AggregateValue | undefined
}

export interface FeatureShape {
  readonly name: string
  readonly agg: Aggregate
  /** Only a count may do without. */
  readonly field: 'number' | 'any' | undefined
  readonly fromMs: number
  readonly toMs: number
  readonly include: 'current' | 'prior'
}

export function definitionOf(
  features: readonly FeatureShape[],
  { graceMs }: { readonly graceMs: number },
): WindowedAggregateDef<TraceEvent> {
  const readers = {
    number: ({ value }: { value: TraceEvent }) => value.number,
    any: ({ value }: { value: TraceEvent }) => value.any,
  }
  return {
    name: 'features',
    contributes: ({ value }) => value.type === 'p',
    by: ({ value }) => typedKey(value.by),
    graceMs,
    features: features.map(({ field, ...feature }) => ({
      ...feature,
      ...(field === undefined ? {} : { value: readers[field] }),
    })),
  }
}

const numeric: readonly Aggregate[] = ['sum', 'avg', 'min', 'max', 'stddev']

export const featureSets: fc.Arbitrary<FeatureShape[]> = fc
  .array(
    fc
      .record({
        agg: fc.constantFrom(...aggregates),
        fromMs: fc.constantFrom(0, 1, 5, 10, 30),
        offset: fc.constantFrom(0, 0, 0, 1, 5),
        include: fc.constantFrom<FeatureShape['include']>('current', 'prior'),
        any: fc.boolean(),
        all: fc.boolean(),
      })
      .map(({ agg, fromMs, offset, include, any, all }) => ({
        agg,
        fromMs,
        include,
        toMs: Math.min(fromMs, offset),
        field:
          all && agg === 'count' ? undefined : any && !numeric.includes(agg) ? ('any' as const) : ('number' as const),
      })),
    { minLength: 1, maxLength: 5 },
  )
  .map((features) => features.map((feature, index) => ({ ...feature, name: `f${index}` })))

/** Amounts of money, numbers that cancel, and the ends of what a double can be. */
const numbers = fc.oneof(
  { weight: 6, arbitrary: fc.nat(100_000).map((cents) => cents / 100) },
  { weight: 2, arbitrary: fc.constantFrom(0.1, 0.2, 0.3, -0.3, 1e16, -1e16, 1, -1, -0, 0, 2 ** -70, 1e-30) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1e100, -1e100, 5e-324, Number.MAX_VALUE / 8, 2 ** -1022, 1 / 0, -1 / 0, 0 / 0),
  },
)

export const traces = (maxLength: number): fc.Arbitrary<TraceEvent[]> =>
  fc
    .array(
      fc.record({
        type: fc.constantFrom<TraceEvent['type']>('p', 'p', 'p', 'p', 'q', 'tick'),
        key: fc.constantFrom('k', 'k', 'k', 'l'),
        by: fc.option(fc.constantFrom('a', 'a', 'a', 'b'), { nil: undefined, freq: 12 }),
        number: fc.option(numbers, { nil: undefined, freq: 8 }),
        any: fc.option(fc.constantFrom<AggregateValue>('x', 'y', '', '1', '\ud800', 1, 0, -0, true, false), {
          nil: undefined,
          freq: 8,
        }),
        move: fc.constantFrom(0, 0, 1, 1, 2, 15),
        backMs: fc.constantFrom(0, 0, 0, 0, 1, 4, 9),
      }),
      { minLength: 4, maxLength, size: 'max' },
    )
    .map((drawn) => {
      let nowMs = 100
      return drawn.map(({ move, backMs, ...event }) => {
        nowMs += move
        return { ...event, timeMs: nowMs - backMs }
      })
    })
