import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  allResults,
  byId,
  globalGraceMs,
  globalRules,
  loginsIn,
  partitionOf,
  resultsIn,
} from '../../support/global-rules.ts'
import { admittedOf, type GlobalEvent } from '../../support/oracle/global-features.ts'
import { RuleDriver } from '../../support/rule-driver.ts'
import { runs } from '../record/runs.ts'

const minute = 60_000
const partitions = 3

interface Login {
  readonly id: string
  readonly key: string
  readonly timeMs: number
  readonly payload: Readonly<Record<string, unknown>>
  readonly restarts: boolean
}

/** Customers of one partition may be hours or weeks ahead of those of another. */
const trace = fc
  .record({
    ahead: fc.tuple(...Array.from({ length: partitions }, () => fc.constantFrom(0, 0, 3 * 60, 30 * 24 * 60))),
    steps: fc.array(
      fc.record({
        key: fc.constantFrom('ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'guy'),
        device: fc.constantFrom('phone', 'phone', 'tablet', undefined),
        amount: fc.constantFrom(1, 25, 60, undefined),
        ok: fc.boolean(),
        stepMinutes: fc.oneof(
          { weight: 6, arbitrary: fc.nat({ max: 4 }) },
          { weight: 1, arbitrary: fc.nat({ max: 50 }) },
        ),
        jitterMs: fc.integer({ min: -6 * minute, max: minute }),
        id: fc.option(fc.nat({ max: 9 }), { nil: undefined, freq: 3 }),
        restarts: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  })
  .map(({ ahead, steps }) => {
    let nowMs = 200 * minute
    return steps.map(({ key, stepMinutes, jitterMs, id, restarts, ...payload }, index): Login => {
      nowMs += stepMinutes * minute
      const timeMs = nowMs + jitterMs + ahead[partitionOf(key, partitions)]! * minute
      return { id: id === undefined ? `login-${index}` : `id-${id}`, key, timeMs, payload, restarts }
    })
  })

const coordinates = ({ partition, offset }: { readonly partition: number; readonly offset: number }) =>
  `${partition}:${offset}`

test('global features say what a recount of all customers says, whatever the disorder, and lose nothing to who is ahead', async () => {
  let worked = 0
  await fc.assert(
    fc.asyncProperty(trace, async (logins) => {
      const driver = await RuleDriver.open(globalRules, { partitions })
      try {
        for (const { restarts, ...login } of logins) {
          await driver.send({ ...login, type: 'login' })
          if (restarts) await driver.driver.reopen()
        }
        const main = driver.driver.read('main')
        const lies = loginsIn(main)
        // The driver has only one order: that of sending.
        const applied = new Set(
          Array.from({ length: partitions }, (_, partition) =>
            admittedOf(
              lies.filter((event) => event.partition === partition),
              globalGraceMs,
            ),
          ).flatMap(({ applied }) => applied.map(coordinates)),
        )
        const sent = inOrderOf(logins, lies)
        const expected = allResults(sent.filter((event) => applied.has(coordinates(event))))
        expect(byId(resultsIn(main))).toEqual(byId(expected))
        worked += expected.length
      } finally {
        await driver.close()
      }
    }),
    runs(60),
  )
  expect(worked).toBeGreaterThan(0)
})

/** The events as they were sent: each partition holds its own in that order. */
function inOrderOf(logins: readonly Login[], lies: readonly GlobalEvent[]): GlobalEvent[] {
  const left = Map.groupBy(lies, ({ partition }) => partition)
  return logins.map(({ key }) => left.get(partitionOf(key, partitions))!.shift()!)
}
