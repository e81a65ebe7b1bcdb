import { expect } from 'vitest'
import type { LogRecord } from '../../src/record/record.ts'
import { byId, globalGraceMs, globalTwins, isResult, loginsIn, resultsIn } from './global-rules.ts'
import { admittedOf, countsIn, resultsOf } from './oracle/global-features.ts'

interface Place {
  readonly partition: number
  readonly offset: number
}

interface Contributed {
  readonly definition: { readonly name: string }
  readonly cause: Place
}

const placeOf = ({ partition, offset }: Place): string => `${partition}:${offset}`
const payloadOf = ({ value }: LogRecord) => JSON.parse(value!.toString())

/**
 * Main and the repartition topic say the same: each login that counts has contributed once, each contribution has the result
 * that a recount gives it, once, and each login and result is decided once. Nothing may have been trimmed.
 */
export function expectOnce(main: readonly LogRecord[], repartition: readonly LogRecord[]): void {
  const events = loginsIn(main)
  const byPlace = new Map(events.map((event) => [placeOf(event), event]))
  const judged = [...Map.groupBy(events, ({ partition }) => partition).values()].map((lies) =>
    admittedOf(lies, globalGraceMs),
  )
  const applied = judged.flatMap((each) => each.applied)
  // The contributions with one `by` lie in one partition, in the order in which they meet.
  const contributed: readonly Contributed[] = repartition.map(payloadOf)
  const results = globalTwins.flatMap((twin) => {
    const places = contributed
      .filter(({ definition }) => definition.name === twin.name)
      .map(({ cause }) => placeOf(cause))
    const wanted = applied.filter((event) => countsIn(twin, event)).map(placeOf)
    expect(places.toSorted()).toEqual(wanted.toSorted())
    return resultsOf(
      twin,
      places.map((place) => byPlace.get(place)!),
    )
  })
  expect(byId(resultsIn(main))).toEqual(byId(results))
  const decided = main.filter(({ headers }) => headers.kind?.toString() === 'decision')
  const toDecide = [...applied, ...judged.flatMap(({ late }) => late), ...main.filter(isResult)]
  expect(decided.map((record) => placeOf(payloadOf(record).event)).sort()).toEqual(toDecide.map(placeOf).sort())
}

/** Contributions that no result answers yet, of features that answer every one. */
export function contributionsWithoutResult(main: readonly LogRecord[], repartition: readonly LogRecord[]): number {
  const answered = new Set(resultsIn(main).map(({ id }) => id))
  const contributed: readonly Contributed[] = repartition.map(payloadOf)
  return contributed.filter(
    ({ definition: { name }, cause }) => name !== 'cards' && !answered.has(`f:${name}:${placeOf(cause)}`),
  ).length
}
